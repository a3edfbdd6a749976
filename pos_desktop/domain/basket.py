"""A basket while it is being filled: frozen values; every change gives a new one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.domain.catalogue import TaxRule, Unit


class BasketState(StrEnum):
    """Life of a basket. It only moves forward, but for open <-> held and open <-> paying."""

    OPEN = "open"
    HELD = "held"
    PAYING = "paying"
    COMPLETED = "completed"
    VOIDED = "voided"


class DiscountKind(StrEnum):
    """How a discount is measured."""

    PERCENT = "percent"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Discount:
    """A reduction given by hand.

    Args:
        kind: percent or amount.
        value: basis points (10 % = 1_000) for ``percent``, minor units for ``amount``.
        reason: why, as typed or chosen; may be empty.
    """

    kind: DiscountKind
    value: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A reduction on the whole basket that a rule gives, such as a tier discount.

    Args:
        source: the plugin or rule that gave it.
        label: as shown to the customer.
        kind: percent or amount.
        value: basis points or minor units, as in :class:`Discount`.
    """

    source: str
    label: str
    kind: DiscountKind
    value: int


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One position of a basket.

    Args:
        quantity_milli: thousandths of a unit, above 0.
        unit_price_minor: what one unit costs here; ``list_price_minor`` what it costs on the shelf.
        taxes: the product's taxes, frozen when the line was added.
        fixed_gross_minor: amount read from a price-embedded code; then it is the gross of the line, whatever
            quantity times price rounds to. None otherwise.
    """

    id: str
    product_id: str
    name: str
    barcode: str | None
    unit: Unit
    quantity_milli: int
    unit_price_minor: int
    list_price_minor: int
    taxes: tuple[TaxRule, ...]
    discount: Discount | None = None
    note: str = ""
    fixed_gross_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """A basket as stored; what it costs is computed by :mod:`pos_desktop.domain.pricing`.

    Args:
        opened_at: UTC, ISO 8601 with milliseconds and ``Z``.
        customer_identifier: as typed or scanned, kept even when nobody was found.
        label: name given to a held basket.
    """

    id: str
    state: BasketState
    employee_id: str
    terminal_id: str
    opened_at: str
    customer_id: str | None = None
    customer_identifier: str | None = None
    label: str = ""
    lines: tuple[BasketLine, ...] = ()
    discount: Discount | None = None
    adjustments: tuple[Adjustment, ...] = ()
