"""Receipts as HTML: for the screen, for PDF, and for a browser's printer.

Tables and attributes rather than modern CSS, since a till's own text engine draws it too. Every text is escaped; the
page loads nothing from anywhere.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

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
    TaxBlock,
    TendersBlock,
    TotalsBlock,
)
from pos_desktop.domain.receipts import DECIMAL_SIGN, ReceiptDocument

_STYLE: Final = """
@page { size: 80mm auto; margin: 3mm; }
body { font-family: Inter, "Helvetica Neue", Arial, sans-serif; font-size: 9pt; color: #000000; background: #ffffff; }
table { width: 100%; border-collapse: collapse; }
td { vertical-align: top; padding: 1px 0; }
td.amount { text-align: right; white-space: nowrap; padding-left: 8px; }
td.amount, .figures { font-feature-settings: "tnum"; }
p { margin: 0; }
.centre { text-align: center; }
.shop { font-size: 13pt; font-weight: 700; }
.copy { font-size: 12pt; font-weight: 700; }
.total td { font-size: 13pt; font-weight: 700; }
.small { font-size: 7pt; }
""".strip()
_RULE: Final = "<hr>"
_QR_PIXELS_PER_MODULE: Final = 4
_QR_BORDER_MODULES: Final = 2


def render_html(
    document: ReceiptDocument,
    labels: Mapping[str, str],
    money: Callable[[int], str],
    when: Callable[[str], str],
) -> str:
    """Return a receipt as a whole HTML page, laid out for paper of 80 mm.

    Args:
        labels: words for every :class:`Label`, and the :data:`DECIMAL_SIGN`.
        money: writes an amount in minor units.
        when: writes a UTC time in the store's zone.

    Raises:
        KeyError: for a label without a word.
    """
    page = _Page(labels, money, when)
    body = "\n".join(part for block in document.blocks for part in page.block(block))
    title = escape(f"{labels[Label.NUMBER]} {document.receipt_code}")
    return (
        "<!DOCTYPE html>\n"
        f'<html><head><meta charset="utf-8"><title>{title}</title>\n<style>\n{_STYLE}\n</style></head>\n'
        f"<body>\n{body}\n</body></html>\n"
    )


@dataclass(frozen=True, slots=True)
class _Page:
    labels: Mapping[str, str]
    money: Callable[[int], str]
    when: Callable[[str], str]

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case ItemsBlock():
                yield _RULE
                yield _table(part for row in block.rows for part in self._item(row))
            case TotalsBlock():
                yield _RULE
                yield _table(self._amount(row) for row in block.rows)
            case TendersBlock():
                yield _table(self._tenders(block))
            case TaxBlock():
                yield _RULE
                yield _table(self._taxes(block))
            case LoyaltyBlock():
                yield _RULE
                yield _table(_row(self.labels[row.label], str(row.points)) for row in block.rows)
            case _:
                yield from self._around(block)

    def _around(self, block: Block) -> Iterator[str]:
        """Write what stands above and below the amounts."""
        match block:
            case HeaderBlock():
                yield _centred(block.name, "shop")
                for line in block.lines:
                    yield _centred(line)
                if block.tax_number:
                    yield _centred(f"{self.labels[Label.TAX_NUMBER]} {block.tax_number}")
            case CopyBlock():
                yield _centred(f"*** {self.labels[Label.COPY]} {block.copy} ***", "copy")
            case MetaBlock():
                yield "<br>"
                yield _table(
                    _row(self.labels[row.label], self.when(row.value) if row.kind is MetaKind.TIME else row.value)
                    for row in block.rows
                )
            case FooterBlock():
                yield "<br>"
                for line in block.lines:
                    yield _centred(line)
            case CodeBlock():
                yield f'<p class="centre" align="center"><br><img src="{qr_data(block.content)}" alt=""></p>'
                yield _centred(block.content, "figures")
            case JournalBlock():
                yield _centred(f"{self.labels[Label.JOURNAL]} {block.seq}", "small")
                half = len(block.entry_hash) // 2  # one unbroken word would widen the page
                yield _centred(block.entry_hash[:half], "small")
                yield _centred(block.entry_hash[half:], "small")

    def _item(self, row: ItemRow) -> Iterator[str]:
        name = f"{row.name} {row.tax_marks}".rstrip()
        if row.quantity_milli == 1000 and row.unit_price_minor == row.amount_minor:
            yield _row(name, self.money(row.amount_minor))
        else:
            yield _row(name, "")
            quantity = f"{self._decimal(row.quantity_milli, 3)} {self.labels[row.unit_label]}"
            yield _row(f"{quantity} × {self.money(row.unit_price_minor)}", self.money(row.amount_minor), indent=True)
        for reduction in row.reductions:
            yield _row(self._name(reduction), self.money(reduction.amount_minor), indent=True)
        if row.note:
            yield _row(row.note, "", indent=True)

    def _amount(self, row: AmountRow) -> str:
        return _row(self._name(row), self.money(row.amount_minor), strong=row.strong)

    def _tenders(self, block: TendersBlock) -> Iterator[str]:
        if block.rounding_minor:
            yield _row(self.labels[Label.ROUNDING], self.money(block.rounding_minor))
        for row in block.rows:
            yield _row(f"{self.labels[row.label]} {row.detail}".rstrip(), self.money(row.amount_minor))
        if block.change_minor:
            yield _row(self.labels[Label.CHANGE], self.money(block.change_minor))

    def _taxes(self, block: TaxBlock) -> Iterator[str]:
        for row in block.rows:
            text = f"{row.mark} {row.name} {self.labels[Label.NET]} {self.money(row.net_minor)}"
            yield _row(text, self.money(row.tax_minor))

    def _name(self, row: AmountRow) -> str:
        percent = f"{self._decimal(row.percent_bp, 2)}%" if row.percent_bp else ""
        return " ".join(part for part in (self.labels[row.label], percent, row.text) if part)

    def _decimal(self, value: int, decimals: int) -> str:
        whole, fraction = divmod(abs(value), 10**decimals)
        digits = f"{fraction:0{decimals}d}".rstrip("0")
        sign = "-" if value < 0 else ""
        return f"{sign}{whole}{self.labels.get(DECIMAL_SIGN, '.')}{digits}" if digits else f"{sign}{whole}"


def qr_data(content: str) -> str:
    """Return a QR code (level M) as the address of an image that holds its own bytes."""
    import segno  # takes as long to load as the rest of a receipt

    image = io.BytesIO()
    code = segno.make(content, error="m", micro=False)
    code.save(image, kind="png", scale=_QR_PIXELS_PER_MODULE, border=_QR_BORDER_MODULES)
    return "data:image/png;base64," + base64.b64encode(image.getvalue()).decode("ascii")


def _table(rows: Iterator[str]) -> str:
    return f'<table width="100%">{"".join(rows)}</table>'


def _row(text: str, amount: str, *, indent: bool = False, strong: bool = False) -> str:
    shown = ("&nbsp;&nbsp;" if indent else "") + escape(text)
    row = '<tr class="total">' if strong else "<tr>"
    if not amount:  # Qt draws what follows the table into an empty last cell
        return f'{row}<td colspan="2">{shown}</td></tr>'
    return f'{row}<td>{shown}</td><td class="amount" align="right">{escape(amount)}</td></tr>'


def _centred(text: str, style: str = "") -> str:
    return f'<p class="{f"centre {style}".strip()}" align="center">{escape(text)}</p>'
