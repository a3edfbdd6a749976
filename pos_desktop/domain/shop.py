"""The rules of one shop, as the server sets them and every part of the till is handed them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaxRounding(StrEnum):
    """Where tax is rounded to whole minor units."""

    PER_LINE = "per_line"
    PER_RECEIPT = "per_receipt"


class RoundingMode(StrEnum):
    """Which way an amount that lies between two cash steps goes."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


class EmbeddedValue(StrEnum):
    """What the digits inside an in-store code say."""

    PRICE = "price"
    WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class EmbeddedPattern:
    """One row of the table of in-store codes.

    Args:
        pattern: 13 characters: digits to match, ``I`` item number, ``V`` value, ``C`` the EAN check digit, such as
            ``21IIIIIVVVVVC``. ``X`` is any digit (some scales put a value check digit there).
        value: what ``V`` holds.
        decimals: decimals of ``V``: minor units of the currency for a price (2), of a kilogram for a weight (3).
    """

    pattern: str
    value: EmbeddedValue
    decimals: int


@dataclass(frozen=True, slots=True)
class Tier:
    """A loyalty tier.

    Args:
        earn_percent: how fast points are earned here, 100 = the base rate.
        discount_bp: basis points off the basket for its members, given by the tier-discount plugin.
    """

    name: str
    earn_percent: int
    discount_bp: int


@dataclass(frozen=True, slots=True)
class Programme:
    """How points are earned and spent.

    Args:
        earn_per_minor: minor units that earn one point at the base rate (100 = one point a euro).
        redeem_points, redeem_minor: ``redeem_points`` points are worth ``redeem_minor`` minor units.
        allowance_percent: share of the last known balance that may be spent without asking the server.
        allowance_cap_points: most points that may be spent so, for one customer and outage.
        allowance_max_age_s: how old the known balance may be, in seconds.
    """

    earn_per_minor: int
    redeem_points: int
    redeem_minor: int
    tiers: tuple[Tier, ...]
    allowance_percent: int
    allowance_cap_points: int
    allowance_max_age_s: int


@dataclass(frozen=True, slots=True)
class Shop:
    """One store, as its tills need it.

    Args:
        currency: ISO 4217 code; ``decimals`` its minor digits (0, 2 or 3).
        region: ISO 3166 code used to read phone numbers.
        zone: IANA time zone of the store.
        cash_step_minor: smallest cash step (5 = five cents; 1 = no rounding).
        max_line_minor, max_quantity_milli: above these a till asks for nothing and refuses.
        notes_minor: bank notes and coins in use, largest first, for quick amounts.
        loyalty_card_prefixes: a code that starts so is a loyalty card, never a product.
    """

    tenant_id: str
    store_id: str
    name: str
    address: tuple[str, ...]
    tax_number: str
    currency: str
    decimals: int
    region: str
    zone: str
    tax_rounding: TaxRounding
    cash_step_minor: int
    cash_rounding: RoundingMode
    programme: Programme
    embedded_patterns: tuple[EmbeddedPattern, ...]
    loyalty_card_prefixes: tuple[str, ...]
    staff_badge_prefixes: tuple[str, ...]
    notes_minor: tuple[int, ...]
    receipt_header: tuple[str, ...]
    receipt_footer: tuple[str, ...]
    max_line_minor: int = 99_999_999_99
    max_quantity_milli: int = 999_999_999
    max_lines: int = 500
