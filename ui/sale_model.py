"""What the sale screen shows, worked out from a basket without a screen."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.domain.basket import BasketLine, Discount, DiscountKind
from pos_desktop.domain.catalogue import Product, TaxKind, Unit
from pos_desktop.domain.customers import Customer, CustomerStatus, KnownCustomer, KnownFrom
from pos_desktop.domain.sales import PricedBasket, SaleLine
from pos_desktop.domain.shop import Programme
from pos_desktop.services.views import BasketSummary, BasketView, LookupState
from ui.text import MINUS, Texts

LOW_STOCK_MILLI = 5_000
ONE_MILLI = 1_000


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the basket table.

    Args:
        quantity: as shown between the steppers; ``steps`` whether there are any (goods by the piece).
        detail: unit price, discount and note, empty for a plain line.
        saved: what its own discount took off, empty for nothing.
    """

    id: str
    product_id: str
    name: str
    quantity: str
    detail: str
    saved: str
    amount: str
    steps: bool
    newest: bool


@dataclass(frozen=True, slots=True)
class CustomerLines:
    """The customer strip: two lines, an icon and a tone (``""``, ``warn``, ``bad``).

    Args:
        marks: end of ``head`` that stays in sight however long the name is.
    """

    head: str
    detail: str
    icon: str
    tone: str
    marks: str = ""


def line_rows(view: BasketView, texts: Texts) -> tuple[LineRow, ...]:
    """The basket's lines in order."""
    pairs = zip(view.basket.lines, view.priced.lines, strict=True)
    return tuple(_line_row(line, priced, line.id == view.last_line_id, texts) for line, priced in pairs)


def _line_row(line: BasketLine, priced: SaleLine, newest: bool, texts: Texts) -> LineRow:
    steps = line.unit is Unit.PIECE and line.quantity_milli % ONE_MILLI == 0
    parts = []
    if line.quantity_milli != ONE_MILLI or line.unit is not Unit.PIECE:
        price = texts.amount(line.unit_price_minor)
        per = f"{price}/{line.unit.value}" if line.unit is not Unit.PIECE else f"× {price}"
        parts.append(per)
    if _off_the_shelf_price(line):
        parts.append(texts.t("sale.list_price", price=texts.amount(line.list_price_minor)))
    if line.discount is not None and line.discount.kind is DiscountKind.PERCENT:
        parts.append(discount_text(line.discount, texts))
    if line.note:
        parts.append(line.note)
    saved = priced.line_discount_minor
    return LineRow(
        line.id,
        line.product_id,
        line.name,
        texts.quantity(line.quantity_milli, line.unit),
        " · ".join(parts),
        texts.amount(-saved) if saved else "",
        texts.amount(priced.gross_minor - saved),
        steps,
        newest,
    )


def _off_the_shelf_price(line: BasketLine) -> bool:
    # An open item has no price on any shelf, and 0.00 would look like one.
    return line.list_price_minor not in (0, line.unit_price_minor)


def discount_text(discount: Discount, texts: Texts) -> str:
    """A discount as it was given, with a minus."""
    if discount.kind is DiscountKind.PERCENT:
        return MINUS + texts.percent(discount.value)
    return texts.amount(-discount.value)


def totals_text(view: BasketView, texts: Texts) -> tuple[str, str]:
    """How many items and what was taken off; and the tax."""
    priced = view.priced
    pieces = sum(_pieces(line) for line in view.basket.lines)
    first = texts.t("sale.items", n=pieces)
    if priced.discount_minor:
        first += " · " + _reductions(view, texts)
    if not priced.tax_minor:
        return first, ""
    return first, texts.t(f"sale.tax_{tax_kind(priced)}", amount=texts.amount(priced.tax_minor))


def _reductions(view: BasketView, texts: Texts) -> str:
    # A single rule is named, so that the customer's "what is this?" has its answer on the screen.
    priced, amount = view.priced, texts.amount(-view.priced.discount_minor)
    if len(priced.adjustments) == 1 and priced.adjustments[0].amount_minor == priced.discount_minor:
        label = priced.adjustments[0].adjustment.label
        if label:
            return texts.t("sale.reduction", label=label, amount=amount)
    return texts.t("sale.discounts", amount=amount)


def _pieces(line: BasketLine) -> int:
    # A weighed article counts once: half a kilogram of cheese is one thing in the bag.
    return line.quantity_milli // ONE_MILLI if line.unit is Unit.PIECE and line.quantity_milli >= ONE_MILLI else 1


def tax_kind(priced: PricedBasket) -> str:
    """Whether the tax is ``included`` in the prices, comes ``plus``, or is ``mixed``."""
    kinds = {amount.tax.inclusive for amount in priced.taxes}
    return "mixed" if len(kinds) > 1 else "included" if True in kinds else "plus"


def customer_lines(view: BasketView, programme: Programme | None, texts: Texts, now: str) -> CustomerLines:
    """Who buys, what they have now and after this sale; or what is known of why nobody is shown."""
    if view.customer is not None:
        return _known_lines(view, view.customer, programme, texts, now)
    identifier = view.basket.customer_identifier or ""
    if view.lookup is LookupState.LOOKING:
        return CustomerLines(texts.t("sale.looking", identifier=identifier), texts.t("sale.looking_hint"), "loader", "")
    if view.lookup is LookupState.NOT_FOUND:
        head = texts.t("sale.not_found", identifier=identifier)
        return CustomerLines(head, texts.t("sale.not_found_hint"), "user-plus", "warn")
    if view.lookup is LookupState.UNREACHABLE:
        head = texts.t("sale.unreachable", identifier=identifier)
        return CustomerLines(head, texts.t("sale.unreachable_hint"), "wifi-off", "warn")
    return CustomerLines(texts.t("sale.customer"), texts.t("sale.customer_hint"), "user", "")


def _known_lines(
    view: BasketView, known: KnownCustomer, programme: Programme | None, texts: Texts, now: str
) -> CustomerLines:
    customer = known.customer
    marks = customer_marks(customer, texts)
    head = customer.name + marks
    if customer.status is CustomerStatus.BLOCKED:
        return CustomerLines(head, texts.t("sale.blocked"), "ban", "bad", marks)
    points = texts.t("sale.points", n=known.points)
    if known.known_from is KnownFrom.PENDING:
        points += " · " + texts.t("sale.pending_customer")
    elif known.known_from is KnownFrom.STALE:
        points = texts.t("sale.points_as_of", points=points, when=texts.recent(known.as_of, now))
    elif view.points_to_earn:
        after = texts.number(known.points + view.points_to_earn)
        earn = texts.number(view.points_to_earn)
        points = texts.t("sale.points_after", points=points, earn=earn, after=after)
    worth = 0
    if programme is not None and programme.redeem_points:
        worth = known.points * programme.redeem_minor // programme.redeem_points
    if worth > 0:
        points += " · " + texts.t("sale.points_worth", amount=texts.money(worth))
    stale = known.known_from is KnownFrom.STALE
    return CustomerLines(head, points, "crown" if customer.vip else "user", "warn" if stale else "", marks)


def customer_marks(customer: Customer, texts: Texts) -> str:
    """What follows a customer's name in words: tier, VIP."""
    parts = (customer.tier, texts.t("sale.vip") if customer.vip else "")
    return "".join(f" · {part}" for part in parts if part)


def newest_price(view: BasketView, line: BasketLine, texts: Texts) -> str:
    """What the band says of the line touched last: so many at so much, or what weighed goods come to."""
    if line.unit is not Unit.PIECE:
        return texts.money(view.priced.lines[view.basket.lines.index(line)].gross_minor)
    price = texts.money(line.unit_price_minor)
    if line.quantity_milli == ONE_MILLI:
        return price
    return f"{texts.quantity(line.quantity_milli, line.unit)} × {price}"


def tab_text(summary: BasketSummary, number: int, texts: Texts) -> str:
    """What a basket's tab is called: its customer, its label, or its place."""
    return summary.customer_name or summary.label or texts.t("sale.basket_n", n=number)


def price_text(product: Product, texts: Texts) -> str:
    """A product's price, with its unit unless that is the piece."""
    if product.open_price:
        return texts.t("sale.open_price")
    price = texts.amount(product.price_minor)
    if product.unit is Unit.PIECE:
        return price
    return texts.t("sale.per_unit", price=price, unit=product.unit.value)


def stock_text(product: Product, texts: Texts) -> str:
    """How much is left when that is little, else empty."""
    if product.stock_milli is None or product.stock_milli > LOW_STOCK_MILLI:
        return ""
    return texts.t("sale.stock_left", quantity=texts.quantity(max(0, product.stock_milli), product.unit))


def price_reasons(line: BasketLine, priced: SaleLine, texts: Texts) -> tuple[str, ...]:
    """Why a line costs what it costs, step by step."""
    quantity = texts.quantity(line.quantity_milli, line.unit)
    price, gross = texts.amount(line.unit_price_minor), texts.amount(priced.gross_minor)
    reasons = [texts.t("sale.why_gross", quantity=quantity, price=price, amount=gross)]
    if _off_the_shelf_price(line):
        reasons.append(texts.t("sale.list_price", price=texts.amount(line.list_price_minor)))
    if priced.line_discount_minor:
        reasons.append(texts.t("sale.why_line_discount", amount=texts.amount(-priced.line_discount_minor)))
    if priced.basket_discount_minor:
        reasons.append(texts.t("sale.why_basket_discount", amount=texts.amount(-priced.basket_discount_minor)))
    for amount in priced.taxes:
        name = amount.tax.name if amount.tax.kind is TaxKind.PERCENT or amount.tax.name else amount.tax.id
        reasons.append(texts.t("sale.why_tax", tax=name, amount=texts.amount(amount.tax_minor)))
    return tuple(reasons)
