"""The receipt as a page: whole, escaped, and without anything loaded from elsewhere."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.devices.receipt_html import qr_data, render_html
from pos_desktop.domain.receipt_blocks import Label, ReceiptDocument
from tests.devices.papers import ITEMS, LABELS, LONG_NAME, item, money_with, receipt, when

VOID = {"meta", "hr", "br", "img"}


class Page(HTMLParser):
    """The page as a browser takes it apart."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip("\n"))


def page_of(document: ReceiptDocument) -> Page:
    page = Page(render_html(document, LABELS, money_with(2), when))
    assert page.open == []
    return page


def test_everything_that_the_receipt_says_is_on_the_page() -> None:
    texts = " ".join(page_of(receipt()).texts).replace("\u00a0", " ")
    for word in ("Café Süd", "10115 Berlin", "DE123456789", "2026-11-20 09:30", "Łukasz Dvořák", LONG_NAME, "129,99 €"):
        assert word in texts
    for word in ("1,25 kg × 2,38 €", "discount 10% Stammgast", "-0,45 €", "ohne Zucker", "VISA **** 1234", "VAT 19%"):
        assert word in texts
    for word in ("change", "512", "Vielen Dank!", "R-term_001-42-7", "0123456789abcdef"):
        assert word in texts


def test_a_copy_says_so_and_a_first_print_does_not() -> None:
    assert "*** copy 3 ***" in page_of(receipt(copy=3)).texts
    assert not any("copy" in text for text in page_of(receipt()).texts if "td" not in text)


def test_a_name_cannot_become_part_of_the_page() -> None:
    name = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    harmless, hostile = page_of(receipt(items=(item("Tea", 2000),))), page_of(receipt(items=(item(name, 2000),)))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless.tags]
    assert any(name in text for text in hostile.texts)


@given(text=st.text(max_size=60))
def test_any_text_stays_text(text: str) -> None:
    plain = page_of(receipt(items=ITEMS, shop="Shop", receipt_code="R-1"))
    page = page_of(
        receipt(
            items=(*ITEMS[:2], item(text, 450, reductions=ITEMS[2].reductions, note="x")),
            shop=text or "Shop",
            receipt_code="R-1",
        )
    )
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = page_of(receipt())
    sources = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert len(sources) == 1
    assert str(sources[0]).startswith("data:image/png;base64,")
    assert "http" not in render_html(receipt(), LABELS, money_with(2), when)


def test_the_code_is_a_picture_of_its_own_bytes() -> None:
    image = base64.b64decode(qr_data("R-term_001-42-7").partition(",")[2])
    assert image.startswith(b"\x89PNG")
    assert qr_data("R-term_001-42-7") != qr_data("R-term_001-43-8")


def test_only_the_total_is_large() -> None:
    page = render_html(receipt(), LABELS, money_with(2), when)
    large = [row for row in page.split("<tr") if row.startswith(' class="total"')]
    assert len(large) == 1
    assert ">total<" in large[0]


@pytest.mark.parametrize(("decimals", "expected"), [(0, "12999 €"), (3, "12,999 €")])
def test_amounts_have_the_decimals_of_the_currency(decimals: int, expected: str) -> None:
    page = render_html(receipt(decimals=decimals), LABELS, money_with(decimals), when)
    assert f">{expected}<".replace(" ", "\u00a0") in page


def test_a_label_without_a_word_is_a_bug_and_not_an_empty_line() -> None:
    labels = {key: word for key, word in LABELS.items() if key != Label.TOTAL}
    with pytest.raises(KeyError):
        render_html(receipt(), labels, money_with(2), when)
