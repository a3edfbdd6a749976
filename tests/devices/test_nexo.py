"""Messages on the wire: exact amounts, frames, names, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.devices import nexo

HEADER = nexo.MessageHeader("Service", "Payment", "Request", "term_001", "POI-1", "ABC1234567", protocol_version="3.0")


def payment(amount: Decimal) -> nexo.Envelope:
    identification = nexo.TransactionIdentification("intent-1", "2026-11-20T09:30:00.000Z")
    request = nexo.PaymentRequest(
        nexo.SaleData(identification), nexo.PaymentTransaction(nexo.AmountsReq("EUR", amount))
    )
    return nexo.Envelope(sale_to_poi_request=nexo.Request(HEADER, payment_request=request))


def test_members_are_named_as_in_the_specification() -> None:
    body = nexo.frame(payment(Decimal("10.99")))[nexo.LENGTH_BYTES :]
    assert msgspec.json.decode(body) == {
        "SaleToPOIRequest": {
            "MessageHeader": {
                "MessageClass": "Service",
                "MessageCategory": "Payment",
                "MessageType": "Request",
                "SaleID": "term_001",
                "POIID": "POI-1",
                "ServiceID": "ABC1234567",
                "ProtocolVersion": "3.0",
            },
            "PaymentRequest": {
                "SaleData": {
                    "SaleTransactionID": {"TransactionID": "intent-1", "TimeStamp": "2026-11-20T09:30:00.000Z"}
                },
                "PaymentTransaction": {"AmountsReq": {"Currency": "EUR", "RequestedAmount": 10.99}},
            },
        }
    }


@given(amount_minor=st.integers(1, 10**15), decimals=st.sampled_from([0, 2, 3]))
def test_an_amount_comes_through_the_message_to_the_last_digit(amount_minor: int, decimals: int) -> None:
    framed = nexo.frame(payment(nexo.to_decimal(amount_minor, decimals)))
    request = nexo.parse(framed[nexo.LENGTH_BYTES :]).sale_to_poi_request
    assert request is not None
    assert request.payment_request is not None
    asked = request.payment_request.payment_transaction.amounts_req.requested_amount
    assert nexo.to_minor(asked, decimals) == amount_minor


@pytest.mark.parametrize(
    "amount", ["0.001", "-1", "1E+400", "NaN", "Infinity", "1.000000000000000000000000000001", "1E-9"]
)
def test_an_amount_that_is_no_number_of_cents_is_refused(amount: str) -> None:
    with pytest.raises(nexo.BadMessage):
        nexo.to_minor(Decimal(amount), 2)


def test_a_whole_amount_may_be_written_with_zeros_or_without() -> None:
    assert [nexo.to_minor(Decimal(text), 2) for text in ("10", "10.0", "10.00", "1E+1")] == [1000] * 4


@given(body=st.binary(min_size=1, max_size=2_000))
def test_a_frame_says_how_long_it_is(body: bytes) -> None:
    framed = nexo.frame_bytes(body)
    assert nexo.frame_length(framed[: nexo.LENGTH_BYTES]) == len(body)
    assert framed[nexo.LENGTH_BYTES :] == body


@pytest.mark.parametrize("prefix", [b"\x00\x00\x00\x00", b"HTTP", b"\xff\xff\xff\xff", b"\x00\x01\x00\x01"])
def test_a_length_that_no_message_has_is_refused(prefix: bytes) -> None:
    with pytest.raises(nexo.BadMessage):
        nexo.frame_length(prefix)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"SaleToPOIResponse": {}}',
        b'{"SaleToPOIResponse": null, "SaleToPOIRequest": null}',
        b'{"SaleToPOIResponse": {"MessageHeader": {"MessageClass": 7}}}',
        b"[" * 10_000,
    ],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(nexo.BadMessage):
        nexo.parse(body)


@given(body=st.binary(max_size=300))
def test_any_bytes_are_a_message_or_are_refused(body: bytes) -> None:
    try:
        nexo.parse(body)
    except nexo.BadMessage:
        return
    pytest.fail("random bytes were taken for a message")


def test_members_that_are_not_known_are_skipped() -> None:
    body = b'{"SaleToPOIRequest": {"MessageHeader": {"MessageClass": "Event", "MessageCategory": "Event", '
    body += b'"MessageType": "Notification", "SaleID": "a", "POIID": "b", "New": 1}, "EventNotification": {"x": [1]}}}'
    assert nexo.parse(body).sale_to_poi_request is not None


def test_a_reference_always_has_the_same_short_number_and_others_have_others() -> None:
    numbers = {nexo.service_id(f"0192f3c4-0000-7000-8000-{place:012d}") for place in range(2_000)}
    assert len(numbers) == 2_000
    assert all(len(number) == 10 and number.isalnum() and number.isascii() for number in numbers)
    assert nexo.service_id("intent-1") == nexo.service_id("intent-1")


@pytest.mark.parametrize(
    ("reference", "event"),
    [
        ("TransactionID=1&TimeStamp=2026&event=WAIT_FOR_PIN", "WAIT_FOR_PIN"),
        ("TransactionID=1", None),
        ("", None),
        ("&&==%%", None),
    ],
)
def test_the_event_is_read_from_a_display_notice(reference: str, event: str | None) -> None:
    content = nexo.OutputContent("MessageRef", nexo.PredefinedContent(reference))
    assert nexo.display_event(nexo.DisplayRequest((nexo.DisplayOutput(content),))) == event
    assert nexo.display_event(nexo.DisplayRequest((nexo.DisplayOutput(nexo.OutputContent()),))) is None
