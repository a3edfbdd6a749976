"""A small shop for the screens to be driven with."""

from __future__ import annotations

from pos_desktop.domain.catalogue import Category, Product, TaxKind, TaxRule, Unit
from pos_desktop.domain.customers import Customer, CustomerStatus, KnownCustomer, KnownFrom
from pos_desktop.domain.shop import Programme, RoundingMode, Shop, TaxRounding, Tier
from pos_desktop.services.views import EmployeeView

NOW = "2026-11-20T10:42:00.000Z"

VAT_19 = TaxRule("vat19", "VAT 19%", TaxKind.PERCENT, 190_000, 0, inclusive=True)
VAT_7 = TaxRule("vat7", "VAT 7%", TaxKind.PERCENT, 70_000, 0, inclusive=True)

SHOP = Shop(
    tenant_id="demo",
    store_id="store_1",
    name="Demo Market",
    address=("Hauptstraße 1", "10115 Berlin"),
    tax_number="DE123456789",
    currency="EUR",
    decimals=2,
    region="DE",
    zone="Europe/Berlin",
    tax_rounding=TaxRounding.PER_LINE,
    cash_step_minor=1,
    cash_rounding=RoundingMode.HALF_UP,
    programme=Programme(
        earn_per_minor=100,
        redeem_points=100,
        redeem_minor=100,
        tiers=(Tier("BRONZE", 100, 0), Tier("SILVER", 110, 200), Tier("GOLD", 125, 500), Tier("PLATINUM", 150, 800)),
        allowance_percent=50,
        allowance_cap_points=1000,
        allowance_max_age_s=86_400,
    ),
    embedded_patterns=(),
    loyalty_card_prefixes=("CARD_", "29"),
    staff_badge_prefixes=("BADGE_",),
    notes_minor=(20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    receipt_header=("Demo Market",),
    receipt_footer=("Thank you!",),
)

PINS = {"emp_1": "1111", "emp_2": "2222", "emp_9": "9999"}
EMPLOYEES = (
    EmployeeView("emp_1", "Anna Berg", "cashier", "#2f6f4f", None),
    EmployeeView("emp_2", "Ben Carter", "cashier", "#35618e", None),
    EmployeeView("emp_9", "Maria Klein", "manager", "#8a4b2d", None),
)

CATEGORIES = tuple(
    Category(f"cat_{index}", name, colour, index)
    for index, (name, colour) in enumerate(
        (
            ("Fruit & vegetables", "#cfe8c6"),
            ("Bakery", "#f3dfb8"),
            ("Dairy", "#d8e6f6"),
            ("Drinks", "#c9e4e7"),
            ("Sweets", "#f2d3dc"),
            ("Household", "#e0dcec"),
        )
    )
)

_NAMED = (
    ("BURGER", "Cheeseburger", 1, 899, Unit.PIECE, "sandwich", "4000001000012"),
    ("APPLE", "Apples Elstar", 0, 299, Unit.KILOGRAM, "apple", "4000001000029"),
    ("MILK", "Whole milk 3.5 % 1 l", 2, 129, Unit.PIECE, "milk", "4000001000036"),
    ("BREAD", "Rye bread 750 g", 1, 349, Unit.PIECE, "croissant", "4000001000043"),
    ("WATER", "Mineral water 6 x 1.5 l", 3, 399, Unit.PIECE, None, "4000001000050"),
    ("CHOC", "Dark chocolate 70 %", 4, 219, Unit.PIECE, "candy", "4000001000067"),
    ("SOAP", "Liquid soap lavender", 5, 259, Unit.PIECE, None, "4000001000074"),
    (
        "LONG",
        "Organic wholegrain spelt muesli with hazelnuts and raisins",
        1,
        1_234_567_89,
        Unit.PIECE,
        "wheat",
        "4000001000081",
    ),
)
PRODUCTS = tuple(
    Product(sku, sku, name, f"cat_{group}", unit, price, (code,), (VAT_7,), CATEGORIES[group].colour, icon, False, True, None)
    for sku, name, group, price, unit, icon, code in _NAMED
) + tuple(
    Product(
        f"P{number:04}", f"P{number:04}", f"{CATEGORIES[number % 6].name} no. {number}", f"cat_{number % 6}", Unit.PIECE,
        99 + number * 7, (f"5{number:06}",), (VAT_19,), CATEGORIES[number % 6].colour, None, False, False,
        3_000 if number % 9 == 0 else None,
    )
    for number in range(1, 120)
)  # fmt: skip


def _customer(
    number: int, first: str, last: str, tier: str, points: int, phone: str = "", email: str = "", card: str = "",
    status: CustomerStatus = CustomerStatus.ACTIVE, credit_minor: int = 0, vip: bool = False,
) -> Customer:  # fmt: skip
    return Customer(
        f"CUST_{number:03}", first, last, phone, phone, email, card, tier, status, vip, points, credit_minor,
        points * 400, points // 50, "", 0, 1,
    )  # fmt: skip


CUSTOMERS = (
    _customer(1, "John", "Doe", "GOLD", 1250, "+1234567890", "john.doe@example.com", credit_minor=2_000),
    _customer(2, "Jane", "Smith", "PLATINUM", 5000, "+0987654321", vip=True),
    _customer(3, "Bob", "Wilson", "SILVER", 500, card="CARD_123456"),
    _customer(4, "Alice", "Johnson", "BRONZE", 250, "+5555555555"),
    _customer(5, "Eve", "Blocked", "BRONZE", 90, "+4915112345678", status=CustomerStatus.BLOCKED),
    _customer(6, "Maximiliane-Friederike", "von und zu Hohenlohe-Langenburg", "SILVER", 12_345, "+4917699999999"),
)


def known(customer: Customer, known_from: KnownFrom = KnownFrom.API, as_of: str = NOW) -> KnownCustomer:
    """A customer as the till would know them, half the balance allowed offline."""
    return KnownCustomer(
        customer, known_from, as_of, customer.points, customer.credit_minor, min(customer.points // 2, 1000)
    )
