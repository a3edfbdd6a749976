"""Any mix of taxes on a line or a receipt, exactly, and rounded so that parts always sum to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_desktop.domain.catalogue import TaxRule
from pos_desktop.domain.sales import TaxAmount
from pos_desktop.domain.shop import TaxRounding


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """What tax needs to know of a line.

    Args:
        shelf_minor: shelf amount after all reductions; it contains the inclusive taxes, not the exclusive ones.
        quantity_milli: thousandths of a unit.
    """

    shelf_minor: int
    quantity_milli: int
    taxes: tuple[TaxRule, ...]


@dataclass(frozen=True, slots=True)
class LineTaxes:
    """A line after tax: ``total_minor = net_minor + tax_minor``, and ``tax_minor`` is the sum over ``taxes``."""

    net_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[TaxAmount, ...]


def line_taxes(shelf_minor: int, quantity_milli: int, taxes: Sequence[TaxRule]) -> LineTaxes:
    """Tax one line, rounded on the line."""
    raise NotImplementedError


def receipt_taxes(lines: Sequence[TaxableLine]) -> tuple[LineTaxes, ...]:
    """Tax all lines, each tax rounded once for the receipt."""
    raise NotImplementedError


def tax_lines(lines: Sequence[TaxableLine], rounding: TaxRounding) -> tuple[LineTaxes, ...]:
    """Tax all lines the way the shop rounds."""
    raise NotImplementedError


def sum_taxes(lines: Sequence[LineTaxes]) -> tuple[TaxAmount, ...]:
    """Add up the taxes of lines, one entry a tax, in order of first appearance."""
    raise NotImplementedError
