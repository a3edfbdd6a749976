from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.identifiers import (
    Identifier,
    IdentifierKind,
    classify,
    email_folded,
    has_card_number,
    mask,
    phone_e164,
    refuse_card_number,
)

PHONE, EMAIL, CARD = IdentifierKind.PHONE, IdentifierKind.EMAIL, IdentifierKind.CARD
BANK_CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "2223003122003222"]


def luhn_digit(digits: str) -> str:
    """The digit that makes a number pass, found by trying."""
    for last in "0123456789":
        values = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits + last))]
        if sum(value // 10 + value % 10 for value in values) % 10 == 0:
            return last
    raise AssertionError("no digit passes")


@pytest.mark.parametrize("text", ["+1234567890", "+0987654321", "+5555555555", "+9999999999"])
def test_phone_numbers_that_no_region_has_are_kept(text: str) -> None:
    assert classify(text, "DE") == Identifier(PHONE, text, text)


@pytest.mark.parametrize(
    "text",
    [
        "+12 345 678 90",
        "+1-234-567-890",
        "+1 (234) 567.890",
        "001234567890",
        "00 1234/567890",
        "(+1) 234567890",
        "+1 (0)234567890",
        "+１２３４５６７８９０",
        "+1234567890\n",
        "\u202a+1234567890\u202c",
        "tel:+1234567890",
    ],
)
def test_they_are_found_in_any_spelling(text: str) -> None:
    assert classify(text, "DE").value == "+1234567890"


@pytest.mark.parametrize(
    "text",
    [
        "030 1234567",
        "(030) 123-4567",
        "030/123 45 67",
        "030.123.45.67",
        "0301234567",
        "+49 30 1234567",
        "+49 (0)30 1234567",
        "+49(0)301234567",
        "0049 30 1234567",
        "0049 (0)30 1234567",
        "+49\u00a030\u20111234567",
        "٠٣٠١٢٣٤٥٦٧",
        " 030 1234567 \r\n",
        "TEL: 030 1234567",
    ],
)
def test_one_phone_number_has_one_form(text: str) -> None:
    assert phone_e164(text, "DE") == "+49301234567"
    assert classify(text, "DE").kind is PHONE


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("(650) 253-0000", "US", "+16502530000"),
        ("6502530000", "US", "+16502530000"),
        ("555-123-4567", "US", "+15551234567"),
        ("5551234567", "US", "+15551234567"),
        ("020 7031 3000", "GB", "+442070313000"),
        ("06 12345678", "IT", "+390612345678"),
        ("+39 06 12345678", "DE", "+390612345678"),
    ],
)
def test_national_numbers_are_read_by_region(text: str, region: str, expected: str) -> None:
    assert phone_e164(text, region) == expected


@pytest.mark.parametrize(
    "text", ["", "12345", "+12", "10122244577899/", "+1234567890123456", "john", "john@example.com", "+49x30"]
)
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        phone_e164(text, "DE")
    assert refusal.value.code is ErrorCode.IDENTIFIER_UNREADABLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("john@example.com", "john@example.com"),
        (" John.Doe@Example.COM\n", "john.doe@example.com"),
        ("o'neil+shop@sub.example.co.uk", "o'neil+shop@sub.example.co.uk"),
        ("JÜRGEN@BÜCHER.example", "jürgen@bücher.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("john＠example.com", "john@example.com"),
    ],
)
def test_an_email_address_is_trimmed_and_folded(text: str, expected: str) -> None:
    assert classify(text, "DE") == Identifier(EMAIL, expected, text)
    assert email_folded(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "@",
        "john@",
        "@example.com",
        "john@example",
        "john@example.c",
        "john@@example.com",
        "john doe@example.com",
        ".john@example.com",
        "jo..hn@example.com",
        "john@-example.com",
        "john@example..com",
        "john@1.2.3.4",
        f"{'j' * 65}@example.com",
        "john@example.com, jane@example.com",
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        classify(text, "DE")
    assert refusal.value.code is ErrorCode.IDENTIFIER_UNREADABLE


@pytest.mark.parametrize("text", ["CARD_123456", "card_123456", "A-17/4", "12345", "K12:7"])
def test_a_card_is_exact_to_the_letter(text: str) -> None:
    assert classify(f" {text}\r\n", "DE") == Identifier(CARD, text, f" {text}\r\n")


def test_long_digits_without_a_region_are_a_card_and_with_a_prefix_always() -> None:
    assert classify("2000123400019", "DE") == Identifier(CARD, "2000123400019", "2000123400019")
    assert classify("301234567", "DE").kind is PHONE
    assert classify("301234567", "DE", ("30",)).kind is CARD


@pytest.mark.parametrize("text", ["", "   ", "\n", "???", "hello", "Anna Berg", "日本語1", "\u202e", "A" * 70, "1 2 A"])
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        classify(text, "DE")
    assert refusal.value.code is ErrorCode.IDENTIFIER_UNREADABLE


@pytest.mark.parametrize("length", [255, 10**6])
def test_overlong_text_is_refused(length: int) -> None:
    for text in ("1" * length, "a" * (length - 12) + "@example.com"):
        with pytest.raises(BadInput) as refusal:
            classify(text, "DE")
        assert refusal.value.code is ErrorCode.IDENTIFIER_UNREADABLE


@pytest.mark.parametrize("number", BANK_CARDS)
@pytest.mark.parametrize("frame", ["{}", " {}\n", "CARD_{}", "{}@example.com", "%B{}^DOE/JOHN^2512", ";{}=25121010000"])
def test_the_number_of_a_payment_card_is_refused(number: str, frame: str) -> None:
    with pytest.raises(BadInput) as refusal:
        classify(frame.format(number), "DE")
    assert refusal.value.code is ErrorCode.CARD_NUMBER_REFUSED
    assert number not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "note: 4111 1111 1111 1111 12/27",
        "12 378282 246310005 3782 822463 10005 1225",
    ],
)
def test_a_payment_card_in_groups_is_found(text: str) -> None:
    assert has_card_number(text)
    with pytest.raises(BadInput) as refusal:
        refuse_card_number(text)
    assert refusal.value.code is ErrorCode.CARD_NUMBER_REFUSED


@given(st.sampled_from("23456"), st.text("0123456789", min_size=11, max_size=17))
def test_any_number_that_passes_the_check_of_a_bank_is_refused(first: str, rest: str) -> None:
    number = first + rest + luhn_digit(first + rest)
    with pytest.raises(BadInput) as refusal:
        classify(number, "DE")
    assert refusal.value.code is ErrorCode.CARD_NUMBER_REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "2026-11-20 10:00 2026-11-21",
        "+49 30 1234567",
        "CARD_123456",
        "0049301234567",
        "",
        "12/2027",
    ],
)
def test_other_texts_hold_no_card_number(text: str) -> None:
    refuse_card_number(text)
    assert not has_card_number(text)


def test_a_loyalty_card_that_looks_like_a_bank_card_counts_where_its_prefix_is_known() -> None:
    ean = "2990000000007"
    looks_like_one = "299000000000" + luhn_digit("299000000000")
    for number in (ean, looks_like_one):
        assert classify(number, "DE", ("299",)) == Identifier(CARD, number, number)
        refuse_card_number(number, ("299",))
    with pytest.raises(BadInput):
        classify(looks_like_one, "DE")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+1234567890", "+12******90"),
        ("john@example.com", "j***@example.com"),
        ("CARD_123456", "CARD******56"),
        ("12345", "******45"),
        ("A17", "A******"),
    ],
)
def test_an_identifier_is_masked(text: str, masked: str) -> None:
    assert mask(classify(text, "DE")) == masked


def recognised(text: str) -> Identifier | ErrorCode:
    try:
        return classify(text, "DE")
    except BadInput as refusal:
        return refusal.code


@given(st.one_of(st.text(max_size=40), st.text("+0123456789 ()-/.", max_size=24), st.emails()))
def test_a_normalised_identifier_is_recognised_as_itself(text: str) -> None:
    found = recognised(text)
    if isinstance(found, ErrorCode):
        assert found in (ErrorCode.IDENTIFIER_UNREADABLE, ErrorCode.CARD_NUMBER_REFUSED)
        return
    again = classify(found.value, "DE")
    assert (again.kind, again.value) == (found.kind, found.value)
    assert found.raw == text


@given(st.text("0123456789", min_size=7, max_size=13), st.data())
def test_signs_between_the_digits_do_not_matter(digits: str, data: st.DataObject) -> None:
    spelled = "".join(digit + data.draw(st.sampled_from(["", " ", "-", "/", ".", " - "])) for digit in digits)
    assume("(0)" not in spelled)
    assert classify(f"+{spelled}", "DE").value == classify(f"+{digits}", "DE").value


@given(st.text("0123456789", min_size=7, max_size=15))
def test_a_masked_phone_number_shows_three_signs_and_two(digits: str) -> None:
    identifier = classify(f"+{digits}", "DE")
    assert mask(identifier) == f"{identifier.value[:3]}{'*' * 6}{identifier.value[-2:]}"
