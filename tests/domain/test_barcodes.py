from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pos_desktop.domain.barcodes import (
    BadgeCode,
    EmbeddedCode,
    LoyaltyCode,
    PlainCode,
    ProductCode,
    ReceiptCode,
    check_digit,
    expand_upc_e,
    gtin_is_right,
    read_scan,
    receipt_code,
)
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.shop import EmbeddedPattern, EmbeddedValue
from tests.domain.parts import SHOP

PLAIN_SHOP = replace(SHOP, embedded_patterns=(), loyalty_card_prefixes=(), staff_badge_prefixes=())
TERMINALS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40).filter(
    lambda text: text == text.strip()
)


def refused(scan: str, code: ErrorCode) -> None:
    with pytest.raises(BadInput) as refusal:
        read_scan(scan, SHOP)
    assert refusal.value.code is code


@pytest.mark.parametrize(
    ("scan", "code"),
    [
        ("4006381333931", "4006381333931"),
        ("]E04006381333931\r\n", "4006381333931"),
        (" 4006381333931\t", "4006381333931"),
        ("036000291452", "0036000291452"),
        ("0036000291452", "0036000291452"),
        ("00036000291452", "0036000291452"),
        ("96385074", "96385074"),
        ("]E496385074", "96385074"),
        ("04006381333931", "4006381333931"),
        ("10614141000415", "10614141000415"),
        ("04252614", "0042100005264"),
        ("(01)04006381333931", "4006381333931"),
        ("]C1010400638133393110LOT7", "4006381333931"),
        ("]d20104006381333931\x1d10LOT7", "4006381333931"),
    ],
)
def test_a_product_number_has_one_form(scan: str, code: str) -> None:
    meaning = read_scan(scan, SHOP)
    assert isinstance(meaning, ProductCode)
    assert meaning.code == meaning.spellings[0] == code


@given(st.text("0123456789", min_size=11, max_size=11))
def test_a_upc_and_its_ean_are_one_product_however_the_catalogue_spells_it(body: str) -> None:
    assume(not body.startswith("00000"))
    upc = body + check_digit(body)
    meanings = [read_scan(spelling, PLAIN_SHOP) for spelling in (upc, f"0{upc}", f"00{upc}")]
    assert meanings[0] == meanings[1] == meanings[2]
    assert isinstance(meanings[0], ProductCode)
    assert set(meanings[0].spellings) == {upc, f"0{upc}", f"00{upc}"}


@pytest.mark.parametrize(
    ("short", "upc"),
    [
        ("04252614", "042100005264"),
        ("01234505", "012000003455"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234558", "012345000058"),
    ],
)
def test_a_upc_e_is_spelled_out(short: str, upc: str) -> None:
    assert expand_upc_e(short) == upc


def test_a_short_code_that_could_be_either_names_both() -> None:
    both = next(
        code
        for number in range(1_000_000)
        if gtin_is_right(code := f"0{number:06d}" + check_digit(f"0{number:06d}"))
        and gtin_is_right(expand_upc_e(code) or "")
    )
    meaning = read_scan(both, PLAIN_SHOP)
    assert isinstance(meaning, ProductCode)
    assert meaning.code == both
    assert expand_upc_e(both) in meaning.spellings
    certain = read_scan(f"]E4{both}", PLAIN_SHOP)
    assert isinstance(certain, ProductCode)
    assert expand_upc_e(both) not in certain.spellings


@given(st.sampled_from([7, 11, 12, 13]), st.data())
def test_every_wrong_digit_is_noticed(length: int, data: st.DataObject) -> None:
    first = "23456789" if length == 7 else "0123456789"  # a short code that starts with 0 or 1 may also be a UPC-E
    body = data.draw(st.sampled_from(first)) + data.draw(
        st.text("0123456789", min_size=length - 1, max_size=length - 1)
    )
    right = body + check_digit(body)
    place = data.draw(st.integers(1 if length == 7 else 0, length))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != right[place]]))
    wrong = right[:place] + other + right[place + 1 :]
    assert gtin_is_right(right)
    assert not gtin_is_right(wrong)
    with pytest.raises(BadInput) as refusal:
        read_scan(wrong, PLAIN_SHOP)
    assert refusal.value.code is ErrorCode.WRONG_CHECK_DIGIT
    assert refusal.value.params["code"] == wrong


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("211234501299", EmbeddedCode("12345", 1_299, None, "2112345012998")),
        ("220000700352", EmbeddedCode("00007", None, 352, "2200007003524")),
        ("231234900125", EmbeddedCode("1234", None, 1_250, "2312349001259")),
    ],
)
def test_an_in_store_code_holds_a_price_or_a_weight(body: str, expected: EmbeddedCode) -> None:
    assert read_scan(body + check_digit(body), SHOP) == replace(expected, raw=body + check_digit(body))


def test_an_in_store_upc_is_read_by_its_ean() -> None:
    upc = "21234501299"
    meaning = read_scan(upc + check_digit(upc), SHOP)
    assert isinstance(meaning, EmbeddedCode)
    assert (meaning.item, meaning.price_minor) == ("12345", 1_299)


@pytest.mark.parametrize(("decimals", "price_minor"), [(2, 1_299), (3, 12_990), (0, 13)])
def test_a_price_in_a_code_is_brought_to_the_decimals_of_the_currency(decimals: int, price_minor: int) -> None:
    body = "211234501299"
    meaning = read_scan(body + check_digit(body), replace(SHOP, decimals=decimals))
    assert isinstance(meaning, EmbeddedCode)
    assert meaning.price_minor == price_minor


def test_the_first_pattern_that_fits_counts_and_one_of_another_length_never() -> None:
    patterns = (
        EmbeddedPattern("21II", EmbeddedValue.PRICE, 2),
        EmbeddedPattern("2XIIIIIIVVVVC", EmbeddedValue.PRICE, 0),
        *SHOP.embedded_patterns,
    )
    body = "211234501299"
    meaning = read_scan(body + check_digit(body), replace(SHOP, embedded_patterns=patterns))
    assert isinstance(meaning, EmbeddedCode)
    assert (meaning.item, meaning.price_minor) == ("123450", 129_900)


@pytest.mark.parametrize("scan", ["2112345012990", "04252615", "]E404252614", "(01)04006381333932"])
def test_a_wrong_check_digit_is_refused_in_every_kind_of_code(scan: str) -> None:
    refused(scan, ErrorCode.WRONG_CHECK_DIGIT)


@pytest.mark.parametrize("scan", ["CARD_123456", "2912345", "2912345678901"])
def test_a_code_with_a_loyalty_prefix_is_a_card_and_never_a_product(scan: str) -> None:
    assert read_scan(f"{scan}\r", SHOP) == LoyaltyCode(scan)


def test_the_longer_prefix_decides_between_card_and_badge() -> None:
    assert read_scan("2999001", SHOP) == BadgeCode("2999001")
    assert read_scan("BADGE_7", SHOP) == BadgeCode("BADGE_7")
    assert read_scan("2998001", SHOP) == LoyaltyCode("2998001")


@pytest.mark.parametrize("scan", ["APPLE", "SKU-12", "1234567", "R-12", "card_123456", "x" * 80])
def test_anything_else_is_a_plain_code(scan: str) -> None:
    assert read_scan(scan, SHOP) == PlainCode(scan)


@pytest.mark.parametrize("scan", ["", " ", "\r\n", "\x1d", "]E0", "AB\ufffd", "A\u200bB"])
def test_what_cannot_be_read_is_refused(scan: str) -> None:
    refused(scan, ErrorCode.SCAN_UNREADABLE)


@pytest.mark.parametrize("scan", ["1" * 81, "https://example.com/" + "x" * 100, "4" * 10**6])
def test_an_overlong_scan_is_refused(scan: str) -> None:
    refused(scan, ErrorCode.SCAN_TOO_LONG)


def test_a_payment_card_is_refused() -> None:
    refused("4111111111111111", ErrorCode.CARD_NUMBER_REFUSED)


@given(TERMINALS, st.integers(1, 10**12))
def test_a_receipt_code_is_read_back_in_any_case(terminal_id: str, number: int) -> None:
    code = receipt_code(terminal_id, number)
    for spelling in (code, code.lower()):
        assert read_scan(spelling, SHOP) == ReceiptCode(code, terminal_id.upper(), number)


@given(st.sampled_from(["T1", "term_001", "STORE-2-TILL-3"]), st.integers(1, 10**9), st.data())
def test_a_slip_in_a_receipt_code_is_never_another_receipt(terminal_id: str, number: int, data: st.DataObject) -> None:
    code = receipt_code(terminal_id, number)
    place = data.draw(st.integers(0, len(code) - 1))
    if data.draw(st.booleans()) and place + 1 < len(code):
        wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    else:
        other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
        wrong = code[:place] + other + code[place + 1 :]
    assume(wrong.upper() != code)
    try:
        meaning = read_scan(wrong, PLAIN_SHOP)
    except BadInput:
        return
    assert not isinstance(meaning, ReceiptCode)


def test_a_mistyped_receipt_code_is_told_apart_from_an_unknown_product() -> None:
    code = receipt_code("T01", 123)
    refused(code[:-2] + f"{(int(code[-2:]) + 1) % 97:02d}", ErrorCode.WRONG_CHECK_DIGIT)
    refused("R-T01-0-12", ErrorCode.WRONG_CHECK_DIGIT)


@pytest.mark.parametrize(
    ("terminal_id", "number"), [("", 1), ("T\n1", 1), ("Kasse-Ä", 1), ("T" * 61, 1), ("T1", 0), ("T1", 10**15)]
)
def test_a_receipt_code_that_could_not_be_read_is_not_made(terminal_id: str, number: int) -> None:
    with pytest.raises(ValueError, match="receipt"):
        receipt_code(terminal_id, number)


def refusal_of(scan: str) -> ErrorCode | None:
    try:
        read_scan(scan, SHOP)
    except BadInput as refusal:
        return refusal.code
    return None


@given(st.text(max_size=100))
def test_any_scan_is_read_or_refused_with_a_code(scan: str) -> None:
    assert refusal_of(scan) in {
        None,
        ErrorCode.SCAN_TOO_LONG,
        ErrorCode.SCAN_UNREADABLE,
        ErrorCode.WRONG_CHECK_DIGIT,
        ErrorCode.CARD_NUMBER_REFUSED,
    }
