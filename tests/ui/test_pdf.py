"""Receipts as PDF."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.fake_till import FakeTill
from ui.pdf import Paper, receipt_html, write_pdf
from ui.text import Texts


def receipt(lines: int = 1, language: str = "en") -> str:
    till = FakeTill()
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    for number in range(lines):
        till.baskets.add_open_item(basket_id, f"<b>Käse & Brötchen {number}</b>", 199)
    till.checkout.begin(basket_id)
    till.checkout.pay_cash(basket_id, 100_000)
    sale = till.checkout.finalise(basket_id).sale
    return receipt_html(till.receipts.document(sale.id), Texts(language, "EUR", 2, "Europe/Berlin"))


def test_a_receipt_speaks_the_language_of_the_till(qapp: QApplication) -> None:
    text = Paper(receipt(language="de")).document.toPlainText()
    assert "Rückgeld" in text
    assert "998,01" in text


def test_names_are_shown_as_they_are_written(qapp: QApplication) -> None:
    assert "<b>Käse & Brötchen 0</b>" in Paper(receipt()).document.toPlainText()


def test_a_pdf_has_its_letters_inside_and_the_width_of_the_roll(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "receipt.pdf"
    write_pdf(receipt(), path, "Receipt R-1")
    data = path.read_bytes()
    assert b"/FontFile2" in data
    assert b"Inter" in data
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert box is not None
    assert float(box[1]) == pytest.approx(80 / 25.4 * 72, abs=1)
    assert list(path.parent.iterdir()) == [path]


def test_a_long_name_does_not_widen_the_paper(qapp: QApplication) -> None:
    till = FakeTill()
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, "LONG", 999_999_000)
    till.baskets.attach_customer(basket_id, "CUST_006")
    till.checkout.begin(basket_id)
    till.checkout.pay_cash(basket_id, till.view(basket_id).left_minor)
    sale = till.checkout.finalise(basket_id).sale
    paper = Paper(receipt_html(till.receipts.document(sale.id), Texts("en")))
    assert paper.document.idealWidth() <= paper.document.textWidth()


def test_the_paper_is_as_long_as_what_is_on_it(qapp: QApplication) -> None:
    assert Paper(receipt(40)).size.height() > Paper(receipt(2)).size.height() + 30 * 10


def test_a_pdf_that_cannot_be_written_leaves_nothing_behind(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(OSError):
        write_pdf(receipt(), path, "x")
    assert list(tmp_path.iterdir()) == [path]
