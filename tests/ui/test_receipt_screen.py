"""After the sale, and the list of receipts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_desktop.settings import Settings
from tests.ui.conftest import OpenWindow
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.screens.receipt import ReceiptScreen


def sell(till: FakeTill, product: str = "BURGER", customer_id: str | None = None) -> str:
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, product)
    if customer_id is not None:
        till.baskets.attach_customer(basket_id, customer_id)
    till.checkout.begin(basket_id)
    till.checkout.pay_cash(basket_id, 5000)
    return till.checkout.finalise(basket_id).sale.id


def screen(hands: Hands) -> ReceiptScreen:
    shown = hands.window.current
    assert isinstance(shown, ReceiptScreen)
    return shown


@pytest.fixture
def printing(open_window: OpenWindow, settings: Settings, till: FakeTill, qtbot: QtBot) -> Hands:
    """A cashier at a till with a printer."""
    till.prints = True
    window = open_window(replace(settings, printer="tcp://127.0.0.1:9100"))
    window.desk.session = till.staff.log_in("emp_1", "1111")
    return Hands(window, qtbot)


def finished(hands: Hands, till: FakeTill, customer_id: str | None = None) -> str:
    sale_id = sell(till, customer_id=customer_id)
    hands.window.go("receipt", sale_id=sale_id, fresh=True)
    hands.settle()
    return sale_id


def test_the_change_is_what_is_read_first(hands: Hands, till: FakeTill) -> None:
    finished(hands, till)
    assert screen(hands).change.text() == "€41.01"
    assert screen(hands).change.property("role") == "huge"


def test_the_receipt_is_shown_as_it_will_be_printed(hands: Hands, till: FakeTill) -> None:
    finished(hands, till)
    paper = screen(hands).paper.text
    assert "Cheeseburger" in paper
    assert "R-term_001-000001" in paper


def test_the_points_earned_are_said(hands: Hands, till: FakeTill) -> None:
    finished(hands, till, "CUST_001")
    texts = [words.text() for words in screen(hands).findChildren(QLabel)]
    assert "8 points earned · 1,258 now" in texts


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_F12])
def test_one_key_serves_the_next_customer(hands: Hands, till: FakeTill, key: Qt.Key) -> None:
    finished(hands, till)
    hands.key(key)
    assert hands.window.screen_name == "sale"


def test_a_new_sale_says_how_its_print_stands_and_queues_none_itself(printing: Hands, till: FakeTill) -> None:
    finished(printing, till)
    assert screen(printing).job.text() == "Printing…"
    till.receipts.flush_spool()
    printing.settle()
    assert screen(printing).job.text() == "Printed"
    printing.window.go("sync")
    printing.settle()
    printing.key(Qt.Key.Key_Escape)
    assert till.calls["receipts.print"] == 0


def test_a_sale_whose_receipt_could_not_be_made_says_so_and_can_be_printed(printing: Hands, till: FakeTill) -> None:
    till.prints = False
    sale_id = finished(printing, till)
    assert screen(printing).job.text() == "The receipt is not printed. F9 prints it."
    printing.key(Qt.Key.Key_F9)
    assert [(job.sale_id, job.copy) for job in till.jobs] == [(sale_id, 0)]
    assert screen(printing).job.text() == "Printed"
    printing.key(Qt.Key.Key_F9)
    assert [job.copy for job in till.jobs] == [0, 1]


def test_another_print_is_a_copy(printing: Hands, till: FakeTill) -> None:
    finished(printing, till)
    printing.key(Qt.Key.Key_F9)
    assert [job.copy for job in till.jobs] == [0, 1]
    assert printing.message == "Copy 1 printed"
    assert "Copy 1" in screen(printing).paper.text


def test_a_silent_printer_is_said_and_the_next_customer_is_not_held_up(printing: Hands, till: FakeTill) -> None:
    till.printer_silent = True
    finished(printing, till)
    till.receipts.flush_spool()
    printing.settle()
    assert screen(printing).job.text().startswith("The printer does not answer")
    assert till.jobs[0].state == "failed"
    printing.key(Qt.Key.Key_Return)
    assert printing.window.screen_name == "sale"


def test_without_a_printer_it_says_so_and_prints_nothing(hands: Hands, till: FakeTill) -> None:
    finished(hands, till)
    hands.key(Qt.Key.Key_F9)
    assert till.jobs == []
    assert hands.message == "No printer is set up. The receipt can be saved as PDF."


def test_a_pdf_is_written_beside_the_tills_files(hands: Hands, till: FakeTill, settings: Settings) -> None:
    finished(hands, till)
    hands.key(Qt.Key.Key_F10)
    path = settings.data_dir / "receipts" / "R-term_001-000001.pdf"
    assert path.read_bytes().startswith(b"%PDF-")
    assert str(path) in hands.message


def test_a_pdf_that_cannot_be_written_is_said(hands: Hands, till: FakeTill, settings: Settings) -> None:
    (settings.data_dir / "receipts").write_text("a file where the folder should be")
    finished(hands, till)
    hands.key(Qt.Key.Key_F10)
    assert "could not be written" in hands.message
    assert screen(hands).pdf.isEnabled()


def test_earlier_receipts_are_listed_newest_first_and_shown(hands: Hands, till: FakeTill) -> None:
    sell(till, "BURGER")
    sell(till, "MILK", "CUST_002")
    hands.window.go("receipt")
    hands.settle()
    assert [row.title for row in screen(hands).list.rows.rows] == ["Jane Smith", "No customer"]
    assert "Whole milk" in screen(hands).paper.text
    hands.key(Qt.Key.Key_Down)
    assert "Cheeseburger" in screen(hands).paper.text


def test_a_scanned_receipt_is_found(hands: Hands, till: FakeTill) -> None:
    sell(till, "BURGER")
    sell(till, "MILK")
    hands.window.go("receipt")
    hands.settle()
    hands.scan("R-term_001-000001")
    assert "Cheeseburger" in screen(hands).paper.text


def test_an_unknown_receipt_is_refused_and_the_screen_stays(hands: Hands, till: FakeTill) -> None:
    sell(till)
    hands.window.go("receipt")
    hands.settle()
    hands.scan("R-term_001-999999")
    assert hands.message != ""
    assert "Cheeseburger" in screen(hands).paper.text


def test_an_empty_till_says_that_nothing_was_sold(hands: Hands) -> None:
    hands.window.go("receipt")
    hands.settle()
    assert screen(hands).empty.isVisible()
    hands.key(Qt.Key.Key_F9)
    hands.key(Qt.Key.Key_F10)
    assert screen(hands).paper.text == ""
