"""The receipt of a sale: a document made of blocks, and its plain-text layout."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

from pos_desktop.domain.basket import DiscountKind
from pos_desktop.domain.catalogue import TaxRule, Unit
from pos_desktop.domain.pricing import MANUAL
from pos_desktop.domain.receipt_blocks import (
    AmountRow,
    Block,
    CodeBlock,
    CopyBlock,
    FooterBlock,
    HeaderBlock,
    ItemRow,
    ItemsBlock,
    JournalBlock,
    Label,
    LoyaltyBlock,
    MetaBlock,
    MetaKind,
    MetaRow,
    PointsRow,
    ReceiptDocument,
    TaxBlock,
    TaxRow,
    TenderRow,
    TendersBlock,
    TotalsBlock,
)
from pos_desktop.domain.receipt_text import DECIMAL_SIGN, MIN_COLUMNS, render_text
from pos_desktop.domain.sales import AppliedAdjustment, Sale, SaleLine
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind

__all__ = [
    "DECIMAL_SIGN",
    "MIN_COLUMNS",
    "AmountRow",
    "Block",
    "CodeBlock",
    "CopyBlock",
    "FooterBlock",
    "HeaderBlock",
    "ItemRow",
    "ItemsBlock",
    "JournalBlock",
    "Label",
    "LoyaltyBlock",
    "MetaBlock",
    "MetaKind",
    "MetaRow",
    "PointsRow",
    "ReceiptDocument",
    "TaxBlock",
    "TaxRow",
    "TenderRow",
    "TendersBlock",
    "TotalsBlock",
    "build",
    "render_text",
]

_UNIT_LABELS = {
    Unit.PIECE: Label.UNIT_PIECE,
    Unit.KILOGRAM: Label.UNIT_KG,
    Unit.LITRE: Label.UNIT_L,
    Unit.METRE: Label.UNIT_M,
}
_TENDER_LABELS = {
    TenderKind.CASH: Label.CASH,
    TenderKind.CARD: Label.CARD,
    TenderKind.POINTS: Label.POINTS,
    TenderKind.CREDIT: Label.CREDIT,
}
_POINTS_LABELS = {"earn": Label.POINTS_EARNED, "redeem": Label.POINTS_REDEEMED}


def build(sale: Sale, shop: Shop, copy: int = 0) -> ReceiptDocument:
    """Make the receipt of a sale, from its stored amounts alone: nothing is computed again.

    Args:
        shop: for name, address, tax number, header and footer.
        copy: 0 for the first print, else the number of the copy.
    """
    marks = _tax_marks(sale)
    return ReceiptDocument(
        sale_id=sale.id,
        receipt_code=sale.receipt_code,
        currency=sale.currency,
        decimals=sale.decimals,
        zone=sale.zone,
        copy=copy,
        blocks=tuple(_blocks(sale, shop, copy, marks)),
    )


def _blocks(sale: Sale, shop: Shop, copy: int, marks: dict[TaxRule, str]) -> Iterator[Block]:
    yield HeaderBlock(shop.name, shop.address + shop.receipt_header, shop.tax_number)
    if copy > 0:
        yield CopyBlock(copy)
    yield _meta(sale)
    yield ItemsBlock(tuple(_item(line, marks) for line in sale.lines))
    yield _totals(sale)
    if sale.tenders:
        yield _tenders(sale)
    if sale.taxes:
        yield TaxBlock(
            tuple(
                TaxRow(marks[amount.tax], amount.tax.name, amount.tax.inclusive, amount.net_minor, amount.tax_minor)
                for amount in sale.taxes
            )
        )
    points = _points(sale)
    if points:
        yield LoyaltyBlock(points)
    if shop.receipt_footer:
        yield FooterBlock(shop.receipt_footer)
    yield CodeBlock(sale.receipt_code)
    yield JournalBlock(sale.journal_seq, sale.journal_hash)


def _tax_marks(sale: Sale) -> dict[TaxRule, str]:
    """Give each tax a letter; past Z two of them, and so on."""
    return {amount.tax: ascii_uppercase[place % 26] * (place // 26 + 1) for place, amount in enumerate(sale.taxes)}


def _meta(sale: Sale) -> MetaBlock:
    rows = [
        MetaRow(Label.NUMBER, sale.receipt_code),
        MetaRow(Label.DATE, sale.completed_at, MetaKind.TIME),
        MetaRow(Label.CASHIER, sale.employee_name),
        MetaRow(Label.TERMINAL, sale.terminal_id),
        MetaRow(Label.CUSTOMER, sale.customer_name),
    ]
    return MetaBlock(tuple(row for row in rows if row.value))


def _item(line: SaleLine, marks: dict[TaxRule, str]) -> ItemRow:
    reductions: tuple[AmountRow, ...] = ()
    if line.line_discount_minor and line.discount is not None:
        percent = line.discount.value if line.discount.kind is DiscountKind.PERCENT else 0
        reductions = (AmountRow(Label.DISCOUNT, line.discount.reason, -line.line_discount_minor, percent_bp=percent),)
    return ItemRow(
        name=line.name,
        quantity_milli=line.quantity_milli,
        unit=line.unit,
        unit_label=_UNIT_LABELS[line.unit],
        unit_price_minor=line.unit_price_minor,
        amount_minor=line.gross_minor,
        reductions=reductions,
        tax_marks="".join(marks[amount.tax] for amount in line.taxes),
        note=line.note,
    )


def _totals(sale: Sale) -> TotalsBlock:
    rows = [_reduction(applied) for applied in sale.adjustments if applied.amount_minor]
    rows += [
        AmountRow(Label.TAX, amount.tax.name, amount.tax_minor)
        for amount in sale.taxes
        if not amount.tax.inclusive and amount.tax_minor
    ]
    if rows:
        subtotal = sum(line.gross_minor - line.line_discount_minor for line in sale.lines)
        rows.insert(0, AmountRow(Label.SUBTOTAL, "", subtotal))
    return TotalsBlock((*rows, AmountRow(Label.TOTAL, "", sale.total_minor, strong=True)))


def _reduction(applied: AppliedAdjustment) -> AmountRow:
    adjustment = applied.adjustment
    return AmountRow(
        Label.BASKET_DISCOUNT if adjustment.source == MANUAL else Label.DISCOUNT,
        adjustment.label,
        -applied.amount_minor,
        percent_bp=adjustment.value if adjustment.kind is DiscountKind.PERCENT else 0,
    )


def _tenders(sale: Sale) -> TendersBlock:
    return TendersBlock(
        rows=tuple(
            TenderRow(tender.kind, _TENDER_LABELS[tender.kind], _tender_detail(tender), tender.given_minor)
            for tender in sale.tenders
        ),
        change_minor=sum(tender.change_minor for tender in sale.tenders),
        rounding_minor=sale.rounding_minor,
    )


def _tender_detail(tender: Tender) -> str:
    if tender.kind is TenderKind.POINTS and not tender.detail:
        return str(tender.points)
    return tender.detail


def _points(sale: Sale) -> tuple[PointsRow, ...]:
    rows = [PointsRow(_POINTS_LABELS[entry.kind], entry.points) for entry in sale.loyalty if entry.points]
    if sale.points_balance_after is not None:
        rows.append(PointsRow(Label.POINTS_BALANCE, sale.points_balance_after))
    return tuple(rows)
