"""Receipts to print, built by hand, and the words and amounts to print them with."""

from __future__ import annotations

from collections.abc import Callable

from pos_desktop.domain.catalogue import Unit
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
from pos_desktop.domain.receipts import DECIMAL_SIGN
from pos_desktop.domain.tenders import TenderKind

LONG_NAME = "Größenverstellbare Übergangsjacke für Damen, petrolblau, XXL"
LABELS = {label.value: label.value.rpartition(".")[2].replace("_", " ") for label in Label} | {DECIMAL_SIGN: ","}


def money_with(decimals: int, sign: str = "€") -> Callable[[int], str]:
    """Return a writer of amounts with a no-break space before the sign, as German has it."""

    def money(amount_minor: int) -> str:
        whole, fraction = divmod(abs(amount_minor), 10**decimals)
        minus = "-" if amount_minor < 0 else ""
        digits = f",{fraction:0{decimals}d}" if decimals else ""
        return f"{minus}{whole}{digits}\u00a0{sign}"

    return money


def when(instant: str) -> str:
    return instant[:16].replace("T", " ")


def item(name: str, amount_minor: int, **fields: object) -> ItemRow:
    row: dict[str, object] = {
        "name": name,
        "quantity_milli": 1000,
        "unit": Unit.PIECE,
        "unit_label": Label.UNIT_PIECE,
        "unit_price_minor": amount_minor,
        "amount_minor": amount_minor,
        "reductions": (),
        "tax_marks": "A",
        "note": "",
    }
    return ItemRow(**(row | fields))  # type: ignore[arg-type]


def blocks(copy: int, items: tuple[ItemRow, ...], receipt_code: str, shop: str) -> tuple[Block, ...]:
    marks: tuple[Block, ...] = (CopyBlock(copy),) if copy else ()
    total = sum(row.amount_minor + sum(each.amount_minor for each in row.reductions) for row in items)
    return (
        HeaderBlock(shop, ("Hauptstraße 1", "10115 Berlin"), "DE123456789"),
        *marks,
        MetaBlock(
            (
                MetaRow(Label.NUMBER, receipt_code),
                MetaRow(Label.DATE, "2026-11-20T09:30:00.000Z", MetaKind.TIME),
                MetaRow(Label.CASHIER, "Łukasz Dvořák"),
            )
        ),
        ItemsBlock(items),
        TotalsBlock((AmountRow(Label.SUBTOTAL, "", total), AmountRow(Label.TOTAL, "", total, strong=True))),
        TendersBlock(
            (
                TenderRow(TenderKind.CARD, Label.CARD, "VISA **** 1234", 1000),
                TenderRow(TenderKind.CASH, Label.CASH, "", total - 1000 + 500),
            ),
            500,
            0,
        ),
        TaxBlock((TaxRow("A", "VAT 19%", True, 840, 160),)),
        LoyaltyBlock((PointsRow(Label.POINTS_EARNED, 12), PointsRow(Label.POINTS_BALANCE, 512))),
        FooterBlock(("Vielen Dank!",)),
        CodeBlock(receipt_code),
        JournalBlock(7, "0123456789abcdef" * 4),
    )


ITEMS = (
    item(LONG_NAME, 12999),
    item("Äpfel", 298, quantity_milli=1250, unit=Unit.KILOGRAM, unit_label=Label.UNIT_KG, unit_price_minor=238),
    item(
        "Kaffee",
        450,
        reductions=(AmountRow(Label.DISCOUNT, "Stammgast", -45, percent_bp=1000),),
        note="ohne Zucker",
    ),
)


def receipt(
    *,
    copy: int = 0,
    items: tuple[ItemRow, ...] = ITEMS,
    decimals: int = 2,
    receipt_code: str = "R-term_001-42-7",
    shop: str = "Café Süd",
) -> ReceiptDocument:
    return ReceiptDocument(
        sale_id="sale-1",
        receipt_code=receipt_code,
        currency="EUR",
        decimals=decimals,
        zone="Europe/Berlin",
        copy=copy,
        blocks=blocks(copy, items, receipt_code, shop),
    )
