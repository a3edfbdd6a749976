"""The screens of money on the real services and files: what the fake till promises must be true there too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_desktop.domain.tenders import TenderKind
from tests.support.tills import TestTill, running_till
from tests.ui.driving import Hands
from ui.app import MainWindow
from ui.screens.customer import CustomerScreen
from ui.screens.held import HeldScreen
from ui.screens.payment import PaymentScreen
from ui.screens.receipt import ReceiptScreen
from ui.screens.settings import SettingsScreen
from ui.screens.sync_panel import SyncScreen

BURGER_MINOR = 899


@pytest.fixture
def real(tmp_path: Path) -> Iterator[TestTill]:
    with running_till(tmp_path) as till:
        yield till


@pytest.fixture
def hands(real: TestTill, qapp: QApplication, qtbot: QtBot) -> Iterator[Hands]:
    """Anna at the real till, with a card terminal and a printer."""
    settings = replace(
        real.till.settings, idle_lock_s=0, card_terminal="tcp://127.0.0.1:7000", printer="tcp://127.0.0.1:9100"
    )
    window = MainWindow(real.till, settings)
    window.show()
    hands = Hands(window, qtbot)
    hands.settle()
    window.desk.session = real.till.staff.log_in("emp_1", "1111")
    window.go("sale")
    hands.settle()
    yield hands
    window.close()
    window.deleteLater()


def to_payment(hands: Hands, real: TestTill, identifier: str | None = None) -> PaymentScreen:
    basket_id = real.start()
    real.till.baskets.add_product(basket_id, "BURGER")
    if identifier is not None:
        found = real.till.customers.search(identifier)
        real.till.baskets.attach_customer(basket_id, found[0].customer.id)
    hands.window.go("payment", basket_id=basket_id)
    hands.settle()
    screen = hands.window.current
    assert isinstance(screen, PaymentScreen)
    return screen


def receipt(hands: Hands) -> ReceiptScreen:
    screen = hands.window.current
    assert isinstance(screen, ReceiptScreen)
    return screen


def test_cash_with_change_is_stored_printed_and_shown(hands: Hands, real: TestTill) -> None:
    to_payment(hands, real)
    hands.type("10")
    hands.key(Qt.Key.Key_Return)
    assert receipt(hands).change.text() == "€1.01"
    [sold] = real.till.sales.recent()
    assert sold.total_minor == BURGER_MINOR
    real.till.receipts.flush_spool()
    hands.settle()
    assert len(real.printer.paper) == 1
    assert real.printer.paper[0].startswith(b"DRAWER")
    assert receipt(hands).job.text() == "Printed"
    assert "Cheeseburger" in receipt(hands).paper.text


def test_a_silent_printer_is_said_and_the_receipt_waits(hands: Hands, real: TestTill) -> None:
    real.printer.silent = True
    to_payment(hands, real)
    hands.key(Qt.Key.Key_F5)
    real.till.receipts.flush_spool()
    hands.settle()
    assert receipt(hands).job.text().startswith("The printer does not answer")
    real.printer.silent = False
    real.till.receipts.flush_spool()
    assert len(real.printer.paper) == 1


def test_points_card_and_cash_pay_one_basket(hands: Hands, real: TestTill) -> None:
    screen = to_payment(hands, real, "john.doe@example.com")
    left_minor = real.till.baskets.get(screen._basket_id).left_minor
    hands.key(Qt.Key.Key_F7)
    hands.type("100")
    hands.key(Qt.Key.Key_Return)
    hands.type("2")
    hands.key(Qt.Key.Key_F6)
    hands.key(Qt.Key.Key_F5)
    [sold] = real.till.sales.recent()
    tenders = real.till.sales.get(sold.id).sale.tenders
    assert [tender.kind for tender in tenders] == [TenderKind.POINTS, TenderKind.CARD, TenderKind.CASH]
    assert sum(tender.amount_minor for tender in tenders) == left_minor == sold.total_minor


@pytest.mark.parametrize("plan", ["decline", "cancel"])
def test_a_card_that_did_not_pay_leaves_the_tenders(hands: Hands, real: TestTill, plan: str) -> None:
    real.card.plan = [plan]
    screen = to_payment(hands, real)
    hands.key(Qt.Key.Key_F6)
    assert hands.message != ""
    assert screen.view.tiles[TenderKind.CASH].isVisible()


def test_a_booked_card_that_stayed_silent_is_found_and_counts(hands: Hands, real: TestTill) -> None:
    real.card.plan = ["silent"]
    screen = to_payment(hands, real)
    hands.key(Qt.Key.Key_F6)
    assert screen.view.unknown_panel.isVisible()
    hands.key(Qt.Key.Key_F6)
    hands.key(Qt.Key.Key_Return)
    assert hands.window.screen_name == "receipt"
    assert len(real.card.booked) == 1


def test_a_card_that_never_arrived_is_not_charged(hands: Hands, real: TestTill) -> None:
    real.card.plan = ["lost"]
    screen = to_payment(hands, real)
    hands.key(Qt.Key.Key_F6)
    hands.key(Qt.Key.Key_Return)
    assert not screen.view.unknown_panel.isVisible()
    assert real.till.baskets.get(screen._basket_id).tenders == ()
    hands.key(Qt.Key.Key_F5)
    assert hands.window.screen_name == "receipt"


def test_a_part_paid_by_card_is_given_back_by_the_terminal(hands: Hands, real: TestTill) -> None:
    screen = to_payment(hands, real)
    hands.type("3")
    hands.key(Qt.Key.Key_F6)
    row = screen.view.taken_rows[0]
    hands.tap(row.remove)
    hands.tap(row.remove)
    assert len(real.card.reversed) == 1
    assert real.till.baskets.get(screen._basket_id).left_minor == BURGER_MINOR


def test_one_more_thing_scanned_at_payment_is_added(hands: Hands, real: TestTill) -> None:
    screen = to_payment(hands, real)
    code = next(
        code
        for product in real.till.catalogue.products(limit=60).products
        for code in product.barcodes
        if len(code) == 13 and product.unit.value == "piece" and not product.open_price and product.id != "BURGER"
    )
    hands.scan(code)
    view = real.till.baskets.get(screen._basket_id)
    assert len(view.basket.lines) == 2
    assert screen.view.left.text() == screen.texts.money(view.left_minor)


def test_a_restart_in_the_middle_of_a_payment_goes_on_there(hands: Hands, real: TestTill) -> None:
    screen = to_payment(hands, real)
    hands.type("5")
    hands.key(Qt.Key.Key_F5)
    basket_id = screen._basket_id
    hands.window.go("sale")
    hands.settle()
    hands.window.go("payment", basket_id=basket_id)
    hands.settle()
    assert screen.view.left.text() == "€3.99"
    hands.key(Qt.Key.Key_F5)
    assert hands.window.screen_name == "receipt"


def test_a_copy_is_marked_and_a_pdf_is_written(hands: Hands, real: TestTill, tmp_path: Path) -> None:
    to_payment(hands, real)
    hands.key(Qt.Key.Key_F5)
    hands.key(Qt.Key.Key_F9)
    hands.key(Qt.Key.Key_F10)
    assert len(real.printer.paper) == 2
    assert "Copy 1" in receipt(hands).paper.text
    assert len(list((tmp_path / "receipts").glob("*.pdf"))) == 1


def test_a_held_basket_comes_back(hands: Hands, real: TestTill) -> None:
    basket_id = real.start()
    real.till.baskets.add_product(basket_id, "BURGER")
    real.till.baskets.hold(basket_id, "Lady with the dog")
    hands.window.go("held")
    hands.settle()
    screen = hands.window.current
    assert isinstance(screen, HeldScreen)
    assert [row.title for row in screen.list.rows.rows] == ["Lady with the dog"]
    hands.key(Qt.Key.Key_Return)
    assert hands.window.screen_name == "sale"
    assert hands.sale.view is not None
    assert hands.sale.view.basket.id == basket_id


def test_a_customer_is_found_enrolled_and_put_on_the_basket(hands: Hands, real: TestTill, qtbot: QtBot) -> None:
    basket_id = real.start()
    hands.window.go("customer", basket_id=basket_id, text="0171 5550123")
    hands.settle()
    screen = hands.window.current
    assert isinstance(screen, CustomerScreen)
    assert screen.list.rows.rows == ()
    hands.key(Qt.Key.Key_F9)
    hands.type("Anna Berg")
    hands.key(Qt.Key.Key_Return)
    assert hands.window.screen_name == "sale"
    known = real.till.baskets.get(basket_id).customer
    assert known is not None
    assert (known.customer.name, known.customer.phone_e164) == ("Anna Berg", "+491715550123")


def test_the_sync_panel_shows_what_the_outbox_holds(hands: Hands, real: TestTill) -> None:
    to_payment(hands, real)
    hands.key(Qt.Key.Key_F5)
    real.say_online("offline")
    hands.window.go("sync")
    hands.settle()
    screen = hands.window.current
    assert isinstance(screen, SyncScreen)
    assert screen.headline.text().startswith("Offline since")
    assert "Sale" in [row[0] for row in screen.pending.rows]


def test_settings_are_kept_in_the_tills_file(hands: Hands, real: TestTill, tmp_path: Path) -> None:
    hands.window.go("settings")
    hands.settle()
    screen = hands.window.current
    assert isinstance(screen, SettingsScreen)
    language = screen.rows["language"].choice
    assert language is not None
    hands.tap(language.buttons["de"])
    hands.key(Qt.Key.Key_F12)
    assert 'language = "de"' in (tmp_path / "till.toml").read_text("utf-8")
    assert hands.window.current.title.text() == "Einstellungen"
    assert set(screen.plugins) == {plugin.name for plugin in real.till.plugins()}
