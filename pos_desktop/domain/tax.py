"""Any mix of taxes on a line or a receipt, exactly, and rounded so that parts always sum to the whole.

The shelf amount ``G`` of a line (after all reductions) holds the net amount ``N`` and every inclusive tax::

    G = N + N * sum(inclusive percents) + sum(inclusive amounts per unit * quantity)

Exclusive percents lie on ``N`` and come on top, as do exclusive amounts per unit. All shares of a line are fractions
over one denominator, so everything is computed in whole numbers and rounded once.

Where the inclusive amounts per unit alone exceed ``G`` (a deeply discounted line), they share ``G`` in proportion and
the net amount is 0: what the customer pays is never below zero, and neither is what the tax lies on. An exclusive
amount per unit stays due whatever the discount, for it lies on the unit and not on its price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pos_desktop.domain.catalogue import TaxKind, TaxRule
from pos_desktop.domain.money import split
from pos_desktop.domain.sales import TaxAmount
from pos_desktop.domain.shop import TaxRounding

PPM = 1_000_000
MILLI = 1_000


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


@dataclass(slots=True)
class _Shares:
    """Exact shares of a line: ``net / whole`` and ``taxes[i] / whole`` minor units."""

    whole: int
    net: int
    taxes: list[int]


def line_taxes(shelf_minor: int, quantity_milli: int, taxes: Sequence[TaxRule]) -> LineTaxes:
    """Tax one line, rounded on the line.

    Each tax is rounded half up, as anyone checks it with a calculator; the net amount is what the inclusive ones
    leave of the shelf amount. Only where they would leave less than nothing (several taxes on a few cents) the shelf
    amount is shared among them by largest remainder, and the net amount is 0.

    Args:
        shelf_minor: shelf amount after all reductions, 0 or more.
        quantity_milli: thousandths of a unit, 0 or more.

    Raises:
        ValueError: for a negative amount, quantity or tax. Refunds negate stored amounts and never come here.
    """
    shares = _shares(shelf_minor, quantity_milli, taxes)
    amounts = [(2 * share + shares.whole) // (2 * shares.whole) for share in shares.taxes]
    taxed = _taxed(shelf_minor, taxes, amounts)
    if taxed.net_minor >= 0:
        return taxed
    inside = [index for index, tax in enumerate(taxes) if tax.inclusive]
    for index, part in zip(inside, split(shelf_minor, [shares.taxes[index] for index in inside]), strict=True):
        amounts[index] = part
    return _taxed(shelf_minor, taxes, amounts)


def receipt_taxes(lines: Sequence[TaxableLine]) -> tuple[LineTaxes, ...]:
    """Tax all lines, each tax rounded once for the receipt.

    The exact sum of a tax over all lines is rounded half up, and handed back to the lines by largest remainder; of
    equal remainders the first line wins. A line never holds more inclusive tax than its shelf amount: a unit that
    finds no room goes to the next line that has some.

    Raises:
        ValueError: as :func:`line_taxes`.
    """
    shares = [_shares(line.shelf_minor, line.quantity_milli, line.taxes) for line in lines]
    amounts = [[share // line.whole for share in line.taxes] for line in shares]
    room = [
        line.shelf_minor - sum(amount for tax, amount in zip(line.taxes, parts, strict=True) if tax.inclusive)
        for line, parts in zip(lines, amounts, strict=True)
    ]
    places: dict[TaxRule, list[tuple[int, int]]] = {}
    for row, line in enumerate(lines):
        for column, tax in enumerate(line.taxes):
            places.setdefault(tax, []).append((row, column))
    for tax, where in places.items():
        _hand_back(tax, where, shares, amounts, room)
    return tuple(_taxed(line.shelf_minor, line.taxes, parts) for line, parts in zip(lines, amounts, strict=True))


def tax_lines(lines: Sequence[TaxableLine], rounding: TaxRounding) -> tuple[LineTaxes, ...]:
    """Tax all lines the way the shop rounds."""
    if rounding is TaxRounding.PER_RECEIPT:
        return receipt_taxes(lines)
    return tuple(line_taxes(line.shelf_minor, line.quantity_milli, line.taxes) for line in lines)


def sum_taxes(lines: Sequence[LineTaxes]) -> tuple[TaxAmount, ...]:
    """Add up the taxes of lines, one entry a tax, in order of first appearance."""
    sums: dict[TaxRule, list[int]] = {}
    for line in lines:
        for amount in line.taxes:
            entry = sums.setdefault(amount.tax, [0, 0])
            entry[0] += amount.net_minor
            entry[1] += amount.tax_minor
    return tuple(TaxAmount(tax, net_minor, tax_minor) for tax, (net_minor, tax_minor) in sums.items())


def _shares(shelf_minor: int, quantity_milli: int, taxes: Sequence[TaxRule]) -> _Shares:
    """Solve the equation of the module for one line, in whole numbers."""
    if shelf_minor < 0 or quantity_milli < 0:
        raise ValueError("tax lies on amounts and quantities of zero or more")
    percents = fixed = 0
    for tax in taxes:
        if tax.rate_ppm < 0 or tax.amount_minor < 0:
            raise ValueError(f"tax {tax.id} is negative")
        if tax.inclusive and tax.kind is TaxKind.PERCENT:
            percents += tax.rate_ppm
        elif tax.inclusive:
            fixed += tax.amount_minor * quantity_milli
    rest = shelf_minor * MILLI - fixed
    if rest < 0:
        return _shares_of_too_little(shelf_minor, quantity_milli, taxes, fixed)
    base = PPM + percents
    return _Shares(
        whole=MILLI * base,
        net=rest * PPM,
        taxes=[
            rest * tax.rate_ppm if tax.kind is TaxKind.PERCENT else tax.amount_minor * quantity_milli * base
            for tax in taxes
        ],
    )


def _shares_of_too_little(shelf_minor: int, quantity_milli: int, taxes: Sequence[TaxRule], fixed: int) -> _Shares:
    """Share a shelf amount that is below its inclusive amounts per unit (``fixed``, in thousandths) among them."""
    shares = []
    for tax in taxes:
        due = 0 if tax.kind is TaxKind.PERCENT else tax.amount_minor * quantity_milli
        shares.append(due * (shelf_minor * MILLI if tax.inclusive else fixed))
    return _Shares(whole=MILLI * fixed, net=0, taxes=shares)


def _hand_back(
    tax: TaxRule,
    where: list[tuple[int, int]],
    shares: list[_Shares],
    amounts: list[list[int]],
    room: list[int],
) -> None:
    """Raise the rounded-down amounts of one tax until they sum to its exact sum, rounded."""
    rests: dict[int, int] = {}
    urgency: list[int] = []
    for row, column in where:
        line = shares[row]
        rest = line.taxes[column] % line.whole
        rests[line.whole] = rests.get(line.whole, 0) + rest
        # 64 bits tell apart any two remainders that matter, without the cost of comparing fractions.
        urgency.append((rest << 64) // line.whole)
    exact = sum((Fraction(rest, whole) for whole, rest in rests.items()), Fraction())
    missing = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    order = sorted(range(len(where)), key=lambda index: -urgency[index])
    while missing:
        before = missing
        for index in order:
            row, column = where[index]
            if missing and (room[row] or not tax.inclusive):
                amounts[row][column] += 1
                room[row] -= tax.inclusive
                missing -= 1
        if missing == before:
            return


def _taxed(shelf_minor: int, taxes: Sequence[TaxRule], amounts: Sequence[int]) -> LineTaxes:
    """Put the rounded amounts of a line together."""
    tax_minor, net_minor = 0, shelf_minor
    for tax, amount in zip(taxes, amounts, strict=True):
        tax_minor += amount
        if tax.inclusive:
            net_minor -= amount
    # A list first: this runs for every line on every scan, and a generator costs twice as much.
    parts = tuple([TaxAmount(tax, net_minor, amount) for tax, amount in zip(taxes, amounts, strict=True)])
    return LineTaxes(net_minor, tax_minor, net_minor + tax_minor, parts)
