"""What is not at the centre yet, since when and why; what has been loaded; and who was looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pos_desktop.services.changes import Changes
from pos_desktop.services.views import CollectionProgress, LookupLogView, PendingItem, SyncStatus
from ui import sync_model
from ui.desk import Desk
from ui.screens.base import Screen
from ui.screens.fact_table import FactModel, FactTable
from ui.screens.payment_panels import Picture
from ui.sync_model import Headline, Tone
from ui.theme import GRID, TOUCH
from ui.widgets.buttons import ActionButton
from ui.widgets.labels import label, repolish, rule

_INKS = {
    Tone.CALM: "done_text",
    Tone.WORKING: "accent_text",
    Tone.ATTENTION: "warn_text",
    Tone.TROUBLE: "bad_text",
}
_FACTS = ("sync.pending", "sync.parked", "sync.oldest", "sync.last_contact")


@dataclass(frozen=True, slots=True)
class Report:
    """All that the screen shows, read in one go."""

    status: SyncStatus
    pending: tuple[PendingItem, ...]
    lookups: tuple[LookupLogView, ...]


class SyncScreen(Screen):
    """One sentence on top; the numbers behind it; what waits or who was looked up below."""

    title_key = "sync.title"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        t = self.t
        self.picture = Picture(self.theme, "cloud", "soft", 44)
        self.headline = label("", "title")
        self.advice = label("", "body", wrap=True)
        self.banner = QFrame()
        self.facts: dict[str, QLabel] = {}
        self.error = label("", "small", "soft", wrap=True)
        self.loading = QVBoxLayout()
        self.bars: list[QProgressBar] = []
        self.retry = ActionButton(self.theme, t("sync.retry"), hint="F5", icon="refresh-cw")
        self.tabs = [
            ActionButton(self.theme, t("sync.tab.pending"), hint="F6"),
            ActionButton(self.theme, t("sync.tab.lookups"), hint="F7"),
        ]
        columns: tuple[str, ...] = ("what", "subject", "made", "attempts", "why")
        self.pending = FactModel(self.theme, [t(f"sync.column.{column}") for column in columns], numeric=(3,))
        columns = ("when", "identifier", "outcome", "customer", "took")
        self.lookups = FactModel(self.theme, [t(f"lookup.column.{column}") for column in columns], numeric=(4,))
        self._empty = [label(t("sync.none_pending"), "body", "soft"), label(t("lookup.none"), "body", "soft")]
        self.tables: list[FactTable] = []
        self.pages = QStackedWidget()
        self._connect()
        self._build()

    def enter(self, **params: object) -> None:
        """Show how things stand now."""
        self.setFocus()
        self._choose(0)
        self._load()

    def refresh(self, changes: Changes, subject: str) -> None:
        """Something was sent, came in, or was made."""
        if changes & (Changes.SYNC | Changes.SALES | Changes.CUSTOMER):
            self._load()

    def show_sync(self, status: SyncStatus) -> None:
        """The window looks at the state every few seconds; so does this screen."""
        super().show_sync(status)
        if self.isVisible():
            self._load()

    def keys(self) -> dict[int, Callable[[], None]]:
        """F5 tries now; F6 and F7 choose the table."""
        return {
            Qt.Key.Key_F5: self.try_now,
            Qt.Key.Key_F6: partial(self._choose, 0),
            Qt.Key.Key_F7: partial(self._choose, 1),
        }

    def try_now(self) -> None:
        """Ask the sync to try at once."""
        self.run(self.desk.till.sync.retry_now, lambda _none: self._load())

    # What comes back

    def _load(self) -> None:
        self.run(self._read, self._show)

    def _read(self) -> Report:
        till = self.desk.till
        return Report(till.sync.status(), till.sync.pending(), till.customers.recent_lookups())

    def _show(self, report: Report) -> None:
        status = report.status
        self._show_headline(sync_model.headline(status))
        numbers = (
            self.texts.number(status.pending),
            self.texts.number(status.parked),
            self._time(status.oldest_pending_at, "–"),
            self._time(status.last_contact_at, self.t("sync.never")),
        )
        for key, text in zip(_FACTS, numbers, strict=True):
            self.facts[key].setText(text)
        self.error.setText(f"{self.t('sync.last_error')}: {self._why(status.last_error)}" if status.last_error else "")
        self.error.setVisible(bool(status.last_error))
        self._show_loading(status.loading)
        self.pending.show(
            [self._pending_row(item) for item in report.pending],
            ["bad_text" if item.state == "parked" else "" for item in report.pending],
        )
        self.lookups.show([self._lookup_row(entry) for entry in report.lookups])
        for empty, table, model in zip(self._empty, self.tables, (self.pending, self.lookups), strict=True):
            empty.setVisible(not model.rows)
            table.setVisible(bool(model.rows))
        waiting = status.pending + status.parked
        text = self.t("sync.tab.pending")
        self.tabs[0].set_text(f"{text} ({self.texts.number(waiting)})" if waiting else text)

    def _show_headline(self, head: Headline) -> None:
        params: dict[str, object] = {"n": head.count, "time": self._time(head.since, self.t("sync.never"))}
        self.headline.setText(self.t(head.key, **params))
        self.advice.setText(self.t(head.advice_key) if head.advice_key else "")
        self.advice.setVisible(bool(head.advice_key))
        self.picture.show_icon(head.icon, _INKS[head.tone])
        self.banner.setProperty("tone", head.tone.value)
        tokens = self.theme.tokens
        ground = {
            Tone.CALM: tokens.surface,
            Tone.WORKING: tokens.surface,
            Tone.ATTENTION: tokens.warn_soft,
            Tone.TROUBLE: tokens.bad_soft,
        }[head.tone]
        self.banner.setStyleSheet(f"QFrame#banner {{ background: {ground}; border-bottom: 1px solid {tokens.line}; }}")
        repolish(self.banner)

    def _show_loading(self, loading: tuple[CollectionProgress, ...]) -> None:
        while (item := self.loading.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.bars = []
        for progress in loading:
            self.loading.addWidget(self._progress_row(progress))
        self.loading.addStretch(1)

    def _progress_row(self, progress: CollectionProgress) -> QWidget:
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, GRID)
        column.setSpacing(4)
        words = label(self._progress_text(progress), "small", "" if progress.complete else "warn", wrap=True)
        column.addWidget(words)
        percent = sync_model.progress_percent(progress)
        if not progress.complete:
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setRange(0, 100 if percent is not None else 0)
            bar.setValue(percent or 0)
            bar.setAccessibleName(words.text())
            column.addWidget(bar)
            self.bars.append(bar)
        return row

    def _progress_text(self, progress: CollectionProgress) -> str:
        key = f"sync.collection.{progress.name}"
        name = self.t(key) if self.texts.has(key) else progress.name
        if progress.complete:
            return self.t("sync.loading.done", rows=progress.rows, name=name)
        if progress.expected:
            return self.t("sync.loading.of", rows=progress.rows, expected=progress.expected, name=name)
        return self.t("sync.loading.some", rows=progress.rows, name=name)

    def _pending_row(self, item: PendingItem) -> tuple[str, ...]:
        key = f"sync.kind.{item.kind}"
        return (
            self.t(key) if self.texts.has(key) else item.kind,
            self._subject(item),
            self._time(item.made_at, ""),
            self.texts.number(item.attempts),
            self.t(
                f"sync.state.{item.state}_why" if item.last_error else f"sync.state.{item.state}",
                why=self._why(item.last_error),
            ),
        )

    def _subject(self, item: PendingItem) -> str:
        # a journal entry is called by what happened; everything else names a receipt or a person
        key = f"sync.journal.{item.subject}"
        return self.t(key) if item.kind == "journal_written" and self.texts.has(key) else item.subject

    def _why(self, reason: str) -> str:
        return next((self.t(key) for key in sync_model.reason_keys(reason) if self.texts.has(key)), reason)

    def _lookup_row(self, entry: LookupLogView) -> tuple[str, ...]:
        key = f"lookup.outcome.{entry.outcome}"
        answer = self.t(key) if self.texts.has(key) else entry.outcome
        return (
            self._time(entry.looked_up_at, ""),
            entry.identifier_masked,
            f"{answer} ({self._why(entry.error)})" if entry.error else answer,
            entry.customer_name,
            self.t("lookup.took", tries=entry.attempts, ms=entry.elapsed_ms),
        )

    def _time(self, iso: str, otherwise: str) -> str:
        return self.texts.recent(iso, self.desk.now()) if iso else otherwise

    def _choose(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        for number, tab in enumerate(self.tabs):
            tab.setChecked(number == page)

    # Layout

    def _connect(self) -> None:
        self.retry.clicked.connect(self.try_now)
        for number, tab in enumerate(self.tabs):
            tab.setCheckable(True)
            tab.clicked.connect(partial(self._choose, number))

    def _build(self) -> None:
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_banner())
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addLayout(self._build_tables(), 1)
        edge = rule()
        edge.setMaximumHeight(16_777_215)
        edge.setMinimumHeight(0)
        edge.setFixedWidth(1)
        row.addWidget(edge)
        row.addWidget(self._build_side())
        column.addLayout(row, 1)

    def _build_banner(self) -> QFrame:
        self.banner.setObjectName("banner")
        row = QHBoxLayout(self.banner)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(2 * GRID)
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(4)
        for widget in (self.headline, self.advice, self.error):
            words.addWidget(widget)
        row.addLayout(words, 1)
        row.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignVCenter)
        self.banner.setMinimumHeight(2 * TOUCH)
        return self.banner

    def _build_tables(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        tabs.setSpacing(GRID)
        for tab in self.tabs:
            tabs.addWidget(tab)
        tabs.addStretch(1)
        column.addLayout(tabs)
        widths = ((160, 184, 88, 104, 0), (88, 160, 0, 160, 152))
        names = (self.t("sync.tab.pending"), self.t("sync.tab.lookups"))
        models = (self.pending, self.lookups)
        for model, name, width, empty in zip(models, names, widths, self._empty, strict=True):
            page = QWidget()
            page.setProperty("ground", "surface")
            page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            inner = QVBoxLayout(page)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(0)
            empty.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
            empty.setAlignment(Qt.AlignmentFlag.AlignTop)
            inner.addWidget(empty)
            table = FactTable(model, name, width)
            table.told.connect(self.say)
            self.tables.append(table)
            inner.addWidget(table, 1)
            inner.addStretch(0)
            self.pages.addWidget(page)
        column.addWidget(self.pages, 1)
        return column

    def _build_side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(248)
        column = QVBoxLayout(side)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setVerticalSpacing(GRID)
        for row, key in enumerate(_FACTS):
            value = label("", "strong")
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(label(self.t(key), "body", "soft"), row, 0)
            grid.addWidget(value, row, 1)
            self.facts[key] = value
        column.addLayout(grid)
        column.addSpacing(GRID)
        column.addWidget(rule())
        column.addSpacing(GRID)
        column.addWidget(label(self.t("sync.loading"), "strong"))
        self.loading.setSpacing(4)
        column.addLayout(self.loading, 1)
        return side
