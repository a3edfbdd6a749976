"""What is on the paper, read back from the bytes that a printer gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pos_desktop.devices import escpos
from tests.devices.papers import LABELS, LONG_NAME, item, money_with, receipt, when
from tests.support.escpos import Paper, UnknownCommand, print_out

COLUMNS = (32, 42, 48)


def printed(columns: int = 42, *, kick_drawer: bool = False, **fields: object) -> Paper:
    document = receipt(**fields)  # type: ignore[arg-type]
    return print_out(escpos.encode(document, columns, LABELS, money_with(2), when, kick_drawer=kick_drawer))


@pytest.mark.parametrize("columns", COLUMNS)
def test_nothing_is_wider_than_the_paper(columns: int) -> None:
    assert max(line.columns for line in printed(columns).lines if line.kind == "text") <= columns


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_name_of_sixty_signs_is_printed_whole(columns: int) -> None:
    assert len(LONG_NAME) == 60
    text = " ".join(printed(columns).text.split())
    assert LONG_NAME in text.replace(" A 129,99 €", "")


def test_umlauts_accents_and_the_euro_sign_are_printed_as_they_are() -> None:
    text = printed().text
    for word in ("Café Süd", "Hauptstraße 1", "Äpfel", "Łukasz Dvořák", "129,99 €"):
        assert word in text


@pytest.mark.parametrize("name", ["Ψωμί", "Хлеб", "Žluťoučký kůň", "İğne ŞŞ", "Ķīlis ėę", "‚Wurst‘ – 1⁄2", "Œuf"])
def test_letters_of_europe_are_printed_in_the_printers_own_pages(name: str) -> None:
    assert "?" not in printed(items=(item(name, 2000),)).text


def test_letters_that_no_page_holds_keep_their_width() -> None:
    lines = printed(items=(item("日本茶", 2000), item("ABCDEF", 2000))).text.splitlines()
    green, plain = (next(line for line in lines if line.startswith(start)) for start in ("??????", "ABCDEF"))
    assert len(green) == len(plain) == 42


@pytest.mark.parametrize(
    ("decimals", "sign", "expected"), [(0, "¥", "12999 ¥"), (2, "€", "129,99 €"), (3, "KD", "12,999 KD")]
)
def test_amounts_stand_at_the_right_edge_with_the_decimals_of_the_currency(
    decimals: int, sign: str, expected: str
) -> None:
    job = escpos.encode(receipt(decimals=decimals), 42, LABELS, money_with(decimals, sign), when)
    assert any(line.text.endswith(expected) and line.columns == 42 for line in print_out(job).lines)


def test_the_total_stands_out_and_the_rest_does_not() -> None:
    large = [line.text for line in printed().lines if line.tall == 2 and line.bold]
    assert large[0] == "Café Süd"
    assert [text.split()[0] for text in large[1:]] == ["total"]


def test_a_copy_says_so_and_a_first_print_does_not() -> None:
    assert "copy 2" in printed(copy=2).text
    assert "copy" not in printed().text


def test_the_receipt_is_found_again_by_its_bar_code() -> None:
    assert printed().events == ["barcode R-term_001-42-7", "cut"]
    assert "R-term_001-42-7" in printed().text


def test_a_code_too_long_for_the_paper_is_printed_as_a_qr_code() -> None:
    code = "R-" + "long-name-of-a-terminal-" * 3 + "42-7"
    assert printed(32, receipt_code=code).events == [f"qr {code}", "cut"]


def test_the_drawer_opens_only_when_asked_to_and_before_the_paper_is_cut() -> None:
    assert "drawer" not in printed().events
    assert printed(kick_drawer=True).events[0] == "drawer"


def test_the_blocks_stand_in_the_order_of_the_document() -> None:
    text = printed().text
    order = [
        "Café Süd",
        "number",
        "Äpfel",
        "ohne Zucker",
        "subtotal",
        "VISA **** 1234",
        "VAT 19%",
        "512",
        "Vielen Dank!",
    ]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "-" * 42 in text


def test_a_printer_command_hidden_in_a_name_is_not_obeyed() -> None:
    paper = printed(items=(item("Tea\x1bp\x00\x19\xfa\x1dV\x00 green", 2000),), shop="Shop\x1b@\x10\x04\x01")
    assert paper.events == ["barcode R-term_001-42-7", "cut"]


@given(name=st.text(max_size=80), shop=st.text(max_size=80), columns=st.sampled_from(COLUMNS))
def test_any_text_prints_without_harm(name: str, shop: str, columns: int) -> None:
    paper = printed(columns, items=(item(name, 2000),), shop=shop)
    assert [event.split()[0] for event in paper.events] == ["qr" if columns == 32 else "barcode", "cut"]
    assert max(line.columns for line in paper.lines if line.kind == "text") <= columns


def test_the_commands_are_the_ones_of_the_printers_manual() -> None:
    assert escpos.bar_code("R-1") == b"\x1dh\x48\x1dw\x02\x1dH\x00\x1dkI\x05{BR-1"
    assert escpos.qr_code("abc") == (
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1\x1d(k\x06\x001P0abc\x1d(k\x03\x001Q0"
    )


def test_the_paper_can_be_looked_at(tmp_path: Path) -> None:
    printed(48, kick_drawer=True).draw(tmp_path / "receipt.png", 48)
    with Image.open(tmp_path / "receipt.png") as image:
        assert image.width == 48 * 12 + 48
        assert image.getextrema() == (0, 255)


@pytest.mark.parametrize("job", [b"\x1bz\x01", b"\x1d(A\x02\x00\x00\x00", b"\x1bt\x63", b"text", b"\x1bE", b"\x07"])
def test_the_printer_of_these_tests_fails_at_what_it_does_not_know(job: bytes) -> None:
    with pytest.raises(UnknownCommand):
        print_out(job)
