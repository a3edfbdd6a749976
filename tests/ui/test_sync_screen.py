"""What is not at the centre yet, and why."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from pos_desktop.services.changes import Changes
from pos_desktop.services.views import CollectionProgress, PendingItem
from tests.ui.driving import Hands
from tests.ui.fake_shop import NOW
from tests.ui.fake_till import FakeTill
from ui.screens.sync_panel import SyncScreen

SALE = PendingItem(1, "a", "sale_completed", "R-1", NOW, "pending", 2, "connection refused")
REFUSED = PendingItem(2, "b", "customer_enrolled", "Anna Berg", NOW, "parked", 1, "phone belongs to another")


def screen(hands: Hands) -> SyncScreen:
    shown = hands.window.current
    assert isinstance(shown, SyncScreen)
    return shown


def opened(hands: Hands) -> SyncScreen:
    hands.window.desk.now = lambda: NOW
    hands.window.go("sync")
    hands.settle()
    return screen(hands)


def test_a_quiet_till_says_that_everything_is_sent(hands: Hands) -> None:
    shown = opened(hands)
    assert shown.headline.text() == "Everything is at the centre"
    assert not shown.tables[0].isVisible()


def test_offline_says_since_when_how_many_and_to_go_on(hands: Hands, till: FakeTill) -> None:
    till.online = False
    till.pending_items = [SALE]
    shown = opened(hands)
    assert shown.headline.text() == "Offline since 11:42 · 1 to send"
    assert shown.advice.text().startswith("Go on selling")
    assert shown.pending.rows == (("Sale", "R-1", "11:42", "2", "waits: connection refused"),)


def test_what_the_centre_refused_is_shown_with_its_reason(hands: Hands, till: FakeTill) -> None:
    till.pending_items = [SALE, REFUSED]
    shown = opened(hands)
    assert shown.headline.text() == "The centre refused 1 entry. It waits here, nothing is lost."
    assert shown.pending.rows[1][4] == "refused: phone belongs to another"
    assert shown.facts["sync.parked"].text() == "1"


def test_a_tap_tells_the_whole_row(hands: Hands, till: FakeTill) -> None:
    till.pending_items = [REFUSED]
    shown = opened(hands)
    table = shown.tables[0]
    hands.tap(table.viewport(), table.visualRect(shown.pending.index(0, 4)).center())
    assert "refused: phone belongs to another" in hands.message


def test_loading_shows_how_far_it_is(hands: Hands, till: FakeTill) -> None:
    till.sync_status = replace(
        till.sync.status(),
        loading=(CollectionProgress("customers", 25, 100, False), CollectionProgress("products", 0, 0, False)),
    )
    shown = opened(hands)
    words = [label.text() for label in shown.findChildren(QLabel)]
    assert "25 of 100 customers" in words
    assert [(bar.value(), bar.maximum()) for bar in shown.bars] == [(25, 100), (0, 0)]


def test_news_are_shown_without_leaving(hands: Hands, till: FakeTill) -> None:
    shown = opened(hands)
    till.pending_items = [SALE]
    till.changes.publish(Changes.SYNC)
    hands.settle()
    assert shown.facts["sync.pending"].text() == "1"


def test_the_sync_can_be_asked_to_try_now(hands: Hands, till: FakeTill) -> None:
    opened(hands)
    hands.key(Qt.Key.Key_F5)
    assert till.calls["sync.retry_now"] == 1


def test_lookups_are_listed_with_what_came_of_them(hands: Hands, till: FakeTill) -> None:
    till.customers.lookup("+1234567890")
    till.online = False
    till.customers.lookup("+1234567890")
    shown = opened(hands)
    hands.key(Qt.Key.Key_F7)
    assert shown.tables[1].isVisible()
    assert [row[2] for row in shown.lookups.rows] == ["known here, older (connect timeout)", "from the centre"]
    assert shown.lookups.rows[0][4] == "84 ms · 2×"
