"""A basket to be read: its lines, who buys, what it comes to. Payment and held baskets show it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from pos_desktop.domain.customers import CustomerStatus
from pos_desktop.domain.sales import SaleLine
from pos_desktop.services.views import BasketView
from ui.sale_model import customer_marks, tax_kind
from ui.screens.row_list import Row, RowList
from ui.text import MINUS, Texts
from ui.theme import GRID, Theme, Type
from ui.widgets.labels import ElidedLabel, label, rule, set_tone


def line_row(line: SaleLine, texts: Texts) -> Row:
    """A line as the customer reads it: how many, what, and what it comes to after its own discount."""
    parts = []
    if line.quantity_milli != 1000:
        parts.append(f"{texts.quantity(line.quantity_milli, line.unit)} × {texts.amount(line.unit_price_minor)}")
    if line.line_discount_minor:
        parts.append(f"{MINUS}{texts.amount(line.line_discount_minor)}")
    if line.note:
        parts.append(line.note)
    whole = line.quantity_milli % 1000 == 0
    lead = texts.number(line.quantity_milli // 1000) if whole else ""
    amount = texts.amount(line.gross_minor - line.line_discount_minor)
    return Row(line.id, line.name, " · ".join(parts), lead, amount)


class BasketColumn(QFrame):
    """Lines, customer, discounts, tax and the total, the newest line in view."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.setProperty("ground", "surface")
        self.who = ElidedLabel("", "strong")
        self.count = ElidedLabel("", "small", "soft")
        self.lines = RowList(theme, texts.t("payment.items", n=0), compact=True)
        self.discount = label("", "body")
        self.discount_name = ElidedLabel("", "body", "soft")
        self.tax = label("", "small", "soft")
        self.tax_name = label("", "small", "soft")
        self.total = label("", "big")
        self.total_name = label(texts.t("payment.due"), "strong")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        self.head.setSpacing(GRID)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.who)
        words.addWidget(self.count)
        self.head.addLayout(words, 1)
        column.addLayout(self.head)
        column.addWidget(rule())
        column.addWidget(self.lines, 1)
        column.addWidget(rule())
        column.addLayout(self._totals())

    def show_basket(self, view: BasketView) -> None:
        """Show a basket."""
        texts, priced = self._texts, view.priced
        customer = view.customer.customer if view.customer else None
        marks = customer_marks(customer, texts) if customer else ""
        self.who.setText(customer.name if customer else texts.t("payment.guest"))
        pieces = sum(max(1, line.quantity_milli // 1000) for line in priced.lines)
        items = texts.t("payment.items", n=pieces)
        self.lines.setAccessibleName(items)
        blocked = customer is not None and customer.status is CustomerStatus.BLOCKED
        marks = f" · {texts.t('customer.blocked')}" if blocked else marks
        self.count.set_text(items + marks, len(marks))
        set_tone(self.count, "bad" if blocked else "soft")
        self.lines.show_rows([line_row(line, texts) for line in priced.lines])
        self.lines.scrollToBottom()
        off = sum(applied.amount_minor for applied in priced.adjustments)
        names = {applied.adjustment.label for applied in priced.adjustments}
        self.discount_name.setText((names.pop() if len(names) == 1 else "") or texts.t("payment.discount"))
        self.discount.setText(texts.amount(-off))
        self.discount.setVisible(off > 0)
        self.discount_name.setVisible(off > 0)
        self.tax.setText(texts.amount(priced.tax_minor))
        self.tax_name.setText(texts.t(f"payment.tax_{tax_kind(priced)}"))
        for part in (self.tax, self.tax_name):
            part.setVisible(priced.tax_minor != 0)
        self.total.setText(texts.money(priced.total_minor))

    def _totals(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        pairs = ((self.discount_name, self.discount), (self.tax_name, self.tax), (self.total_name, self.total))
        for row, (name, value) in enumerate(pairs):
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
        self.total.setMinimumHeight(int(Type.HUGE) - 4)
        return grid
