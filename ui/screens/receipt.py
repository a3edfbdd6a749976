"""After the sale: the change, the receipt, the next customer. Also all earlier receipts, to look at and reprint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import PrintJobView, SaleSummary, SaleView
from ui.desk import Desk
from ui.pdf import receipt_html, write_pdf
from ui.screens.base import Screen
from ui.screens.payment_panels import Picture
from ui.screens.receipt_paper import ReceiptPaper
from ui.screens.row_list import Row, RowList
from ui.theme import GRID, TOUCH_PRIMARY, Type
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.labels import label, rule, set_tone

RECENT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A sale with its receipt as a page, and how its first print stands."""

    sale: SaleView
    html: str
    job: PrintJobView | None


class ReceiptScreen(Screen):
    """Two faces: the sale just made (``go("receipt", sale_id=…, fresh=True)``), or the list of receipts."""

    title_key = "receipt_screen.title"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: Shown | None = None
        self._fresh = False
        self.paper = ReceiptPaper(self.theme, self.t("receipt_screen.preview"))
        self.list = RowList(self.theme, self.t("receipt_screen.list.title"))
        self.empty = label(self.t("receipt_screen.list.empty"), "body", "soft", wrap=True)
        self.change_name = label("", "title", "soft")
        self.change = label("", "huge")
        self.facts = QGridLayout()
        self.job = label("", "body", "soft", wrap=True)
        self.next = self._button("receipt_screen.next", "key.enter", "arrow-right", Kind.PRIMARY, 80)
        self.others = self._button("receipt_screen.others", "F8", "history", Kind.PLAIN, TOUCH_PRIMARY)
        self.print = self._button("receipt_screen.print", "F9", "printer", Kind.PLAIN, TOUCH_PRIMARY)
        self.pdf = self._button("receipt_screen.pdf", "F10", "file-text", Kind.PLAIN, TOUCH_PRIMARY)
        self.next.clicked.connect(self.next_customer)
        self.others.clicked.connect(self.show_list)
        self.print.clicked.connect(self.print_receipt)
        self.pdf.clicked.connect(self.save_pdf)
        self.list.picked.connect(self._load)
        self._build()

    # Coming and going

    def enter(self, **params: object) -> None:
        """Show the sale just made, one receipt of the list, or the list."""
        sale_id = params.get("sale_id")
        self.setFocus()
        if isinstance(sale_id, str):
            self._fresh = bool(params.get("fresh"))
            self._load(sale_id)
            if not self._fresh:
                self._load_list(sale_id)
        elif not self._fresh or self._shown is None:
            self.show_list()
        self._paint()

    def refresh(self, changes: Changes, subject: str) -> None:
        """A receipt was printed, a sale was sent."""
        if changes & (Changes.SALES | Changes.SYNC) and not self._fresh:
            self._load_list()
        if changes & Changes.PRINT and self._fresh and self._shown is not None:
            self._ask_job(self._shown.sale.sale.id)

    def scanned(self, code: str) -> None:
        """A receipt's code shows that receipt."""
        self.run(lambda: self._read(self.desk.till.sales.by_receipt_code(code).sale.id), self._show_scanned)

    def step_back(self) -> None:
        """The sale is done; back is the next customer."""
        if self._fresh:
            self.next_customer()
        else:
            super().step_back()

    def keys(self) -> dict[int, Callable[[], None]]:
        """Enter serves the next customer; arrows walk the list."""
        commands: dict[int, Callable[[], None]] = {
            Qt.Key.Key_F9: self.print_receipt,
            Qt.Key.Key_F10: self.save_pdf,
            Qt.Key.Key_F8: self.show_list,
        }
        if self._fresh:
            commands |= {
                Qt.Key.Key_Return: self.next_customer,
                Qt.Key.Key_Enter: self.next_customer,
                Qt.Key.Key_F12: self.next_customer,
            }
        else:
            commands |= {Qt.Key.Key_Up: partial(self.list.step, -1), Qt.Key.Key_Down: partial(self.list.step, 1)}
        return commands

    # What a press does

    def next_customer(self) -> None:
        """Back to the sale screen, which starts a new basket."""
        self._fresh = False
        self._shown = None
        self.desk.navigator.go("sale")

    def show_list(self) -> None:
        """All receipts of this till, newest first."""
        self._fresh = False
        self._paint()
        self._load_list(self._shown.sale.sale.id if self._shown else "")

    def print_receipt(self) -> None:
        """Print a copy that says so; or the receipt itself, when the sale just made has none on its way."""
        if self._shown is None:
            return
        if self.desk.settings.printer == "none":
            self.say(self.t("receipt_screen.no_printer"), "warn")
            self.desk.navigator.beep()
            return
        self.print.setEnabled(False)
        sale_id, receipts = self._shown.sale.sale.id, self.desk.till.receipts
        if self._fresh and self._shown.job is None:
            work = partial(receipts.print, sale_id)
        else:
            work = partial(receipts.reprint, sale_id, self.desk.employee_id)
        self.run(work, self._queued, self._not_printed)

    def save_pdf(self) -> None:
        """Write the receipt shown into the till's folder of receipts."""
        if self._shown is None or not self.pdf.isEnabled():
            return
        self.pdf.setEnabled(False)
        code = self._shown.sale.sale.receipt_code
        path = self.desk.settings.data_dir / "receipts" / f"{code}.pdf"
        title = f"{self.t('receipt.number')} {code}"
        self.run(partial(_saved, self._shown.html, path, title), partial(self._pdf_done, path), network=True)

    # What comes back

    def _read(self, sale_id: str) -> Shown:
        sale = self.desk.till.sales.get(sale_id)
        document = self.desk.till.receipts.document(sale_id, sale.copies)
        return Shown(sale, receipt_html(document, self.texts), self.desk.till.receipts.original(sale_id))

    def _load(self, sale_id: str) -> None:
        self.run(partial(self._read, sale_id), self._show)

    def _load_list(self, choose: str = "") -> None:
        self.run(partial(self.desk.till.sales.recent, RECENT), partial(self._show_list, choose))

    def _show_scanned(self, shown: Shown) -> None:
        self._fresh = False
        self._show(shown)
        self._load_list(shown.sale.sale.id)

    def _show(self, shown: Shown) -> None:
        self._shown = shown
        self.paper.show_html(shown.html)
        self._paint()
        if self._fresh and shown.job is not None and shown.job.state == "waiting":
            # the news that it is printed may have come while this was still being read
            self._ask_job(shown.sale.sale.id)

    def _ask_job(self, sale_id: str) -> None:
        self.run(partial(self.desk.till.receipts.original, sale_id), partial(self._show_job, sale_id))

    def _show_job(self, sale_id: str, job: PrintJobView | None) -> None:
        if self._shown is None or self._shown.sale.sale.id != sale_id:
            return
        known = self._shown.job
        self._shown = replace(self._shown, job=job)
        self._paint()
        if job is not None and job.state == "failed" and (known is None or known.state != "failed"):
            self.desk.navigator.beep()

    def _show_list(self, choose: str, sales: tuple[SaleSummary, ...]) -> None:
        self.list.show_rows([self._row(sale) for sale in sales])
        self.empty.setVisible(not sales)
        self.list.setVisible(bool(sales))
        if not sales:
            self.paper.show_html("")
        elif not (choose and self.list.choose(choose)) and self.list.chosen is None:
            self.list.choose(sales[0].id)
        self._paint()

    def _row(self, sale: SaleSummary) -> Row:
        unsent = () if sale.synced else ((self.t("receipt_screen.list.unsent"), "attention"),)
        who = sale.customer_name or self.t("receipt_screen.list.guest")
        when = self.texts.recent(sale.completed_at, self.desk.now())
        return Row(
            sale.id, who, f"{when} · {sale.receipt_code}", right=self.texts.amount(sale.total_minor), marks=unsent
        )

    def _queued(self, job: PrintJobView) -> None:
        self.print.setEnabled(True)
        self._tell(job, "waiting")
        if self._shown is not None:
            self._load(self._shown.sale.sale.id)
        self.run(self.desk.till.receipts.flush_spool, partial(self._flushed, job), network=True)

    def _flushed(self, job: PrintJobView, tried: tuple[PrintJobView, ...]) -> None:
        # a silent printer stops at the oldest job; one that is not among the tried any more has been printed before
        failed = any(each.state == "failed" for each in tried)
        self._tell(job, "failed" if failed else "printed")
        if failed:
            self.desk.navigator.beep()

    def _tell(self, job: PrintJobView, state: str) -> None:
        tone = {"failed": "warn", "printed": "done"}.get(state, "info")
        if job.copy:
            self.say(self.t(f"receipt_screen.copy.{state}", n=job.copy), tone)
        elif self._shown is not None:
            self._show_job(job.sale_id, replace(job, state=state))

    def _not_printed(self, trouble: UserError) -> None:
        self.print.setEnabled(True)
        self.refuse(trouble)

    def _pdf_done(self, path: Path, problem: str) -> None:
        self.pdf.setEnabled(True)
        if problem:
            self.say(self.t("receipt_screen.pdf_failed", folder=str(path.parent)), "bad")
            self.desk.navigator.beep()
        else:
            self.say(self.t("receipt_screen.pdf_saved", file=str(path)), "done")

    # Painting

    def _paint(self) -> None:
        self._faces.setCurrentIndex(0 if self._fresh else 1)
        self.title.setText(self.t("receipt_screen.title" if self._fresh else "receipt_screen.list.title"))
        ready = self._shown is not None
        self.print.setEnabled(ready)
        self.pdf.setEnabled(ready)
        copy = self.desk.settings.printer != "none" and not (self._fresh and self._shown and self._shown.job is None)
        self.print.set_text(self.t("receipt_screen.print_copy" if copy else "receipt_screen.print"))
        if self._shown is not None and self._fresh:
            self._paint_fresh(self._shown)

    def _paint_fresh(self, shown: Shown) -> None:
        sale = shown.sale.sale
        change = sum(tender.change_minor for tender in sale.tenders)
        self.change_name.setText(self.t("receipt_screen.change" if change else "receipt_screen.no_change"))
        self.change.setText(self.texts.money(change))
        set_tone(self.change, "" if change else "soft")
        self._paint_job(shown.job)
        self._paint_facts(sale, synced=shown.sale.synced)

    def _paint_job(self, job: PrintJobView | None) -> None:
        if job is not None:
            key, tone = f"receipt_screen.job.{job.state}", "warn" if job.state == "failed" else "soft"
        elif self.desk.settings.printer == "none":
            key, tone = "receipt_screen.no_printer", "soft"
        else:
            key, tone = "receipt_screen.job.none", "warn"
        self.job.setText(self.t(key))
        set_tone(self.job, tone)

    def _paint_facts(self, sale: Sale, *, synced: bool) -> None:
        while (item := self.facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        rows = [(self.t("receipt_screen.total"), self.texts.money(sale.total_minor))]
        for tender in sale.tenders:
            given = tender.given_minor if tender.kind is TenderKind.CASH else tender.amount_minor
            rows.append((self.t(f"payment.{tender.kind.value}"), self.texts.money(given)))
        for number, (name, value) in enumerate(rows):
            self._fact(number, label(name, "body", "soft"), label(value, "strong" if number == 0 else "body"))
        notes = [self._points_note(sale)] if sale.customer_id else []
        if sale.offline and not synced:
            notes.append(self.t("receipt_screen.offline"))
        for number, note in enumerate(note for note in notes if note):
            self.facts.addWidget(label(note, "body", "soft", wrap=True), len(rows) + number, 0, 1, 2)

    def _fact(self, row: int, name: QLabel, value: QLabel) -> None:
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.facts.addWidget(name, row, 0)
        self.facts.addWidget(value, row, 1)

    def _points_note(self, sale: Sale) -> str:
        earned = sum(entry.points for entry in sale.loyalty if entry.kind == "earn")
        if sale.points_balance_after is None:
            return sale.customer_name
        return self.t("receipt_screen.points", n=earned, balance=sale.points_balance_after)

    # Layout

    def _button(self, key: str, hint: str, icon: str, kind: Kind, height: int) -> ActionButton:
        shown = self.t(hint) if "." in hint else hint
        size = Type.TITLE if kind is Kind.PRIMARY else Type.BODY
        return ActionButton(self.theme, self.t(key), hint=shown, icon=icon, kind=kind, size=size, height=height)

    def _build(self) -> None:
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._faces = QStackedWidget()
        self._faces.addWidget(self._build_fresh())
        self._faces.addWidget(self._build_list())
        row.addWidget(self._faces, 7)
        edge = rule()
        edge.setMaximumHeight(16_777_215)
        edge.setMinimumHeight(0)
        edge.setFixedWidth(1)
        row.addWidget(edge)
        side = QVBoxLayout()
        side.setContentsMargins(0, 0, 0, 2 * GRID)
        side.setSpacing(GRID)
        side.addWidget(self.paper, 1)
        actions = QHBoxLayout()
        actions.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        actions.setSpacing(GRID)
        actions.addWidget(self.print, 1)
        actions.addWidget(self.pdf, 1)
        side.addLayout(actions)
        row.addLayout(side, 6)

    def _build_fresh(self) -> QWidget:
        face = QWidget()
        column = QVBoxLayout(face)
        column.setContentsMargins(4 * GRID, 3 * GRID, 4 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        done = QHBoxLayout()
        done.setSpacing(GRID + 4)
        done.addWidget(Picture(self.theme, "circle-check", "done_text", 28))
        done.addWidget(label(self.t("receipt_screen.paid"), "big", "done"), 1)
        column.addLayout(done)
        column.addSpacing(3 * GRID)
        column.addWidget(self.change_name)
        column.addWidget(self.change)
        column.addSpacing(3 * GRID)
        column.addWidget(rule())
        column.addSpacing(GRID)
        self.facts.setVerticalSpacing(GRID)
        self.facts.setColumnStretch(0, 1)
        column.addLayout(self.facts)
        column.addStretch(1)
        column.addWidget(self.job)
        column.addSpacing(GRID)
        column.addWidget(self.others)
        column.addWidget(self.next)
        return face

    def _build_list(self) -> QWidget:
        face = QWidget()
        face.setProperty("ground", "surface")
        face.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(face)
        column.setContentsMargins(0, 0, 0, 0)
        self.empty.setContentsMargins(2 * GRID, 3 * GRID, 2 * GRID, 0)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        return face


def _saved(html: str, path: Path, title: str) -> str:
    """Write the PDF; returns what went wrong, or an empty text."""
    try:
        write_pdf(html, path, title)
    except OSError as problem:
        return str(problem)
    return ""
