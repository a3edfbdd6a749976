"""Messages of nexo Retailer (Sale to POI), version 3.0, in JSON, framed for a TCP stream.

Only what a till needs is declared: log-in, payment, reversal, transaction status, abort, diagnosis and the display
notices that a terminal sends while the customer stands before it. Members that are not declared are skipped, as the
specification asks of a receiver. Amounts are JSON numbers with the decimals of the currency; they are read and
written as :class:`~decimal.Decimal`, since a binary fraction would be another amount.

A frame is a length of four bytes, most significant first, followed by that many bytes of JSON.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qs

import msgspec

PROTOCOL_VERSION: Final = "3.0"
LENGTH_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 65_536
_SERVICE_ID_LENGTH: Final = 10
_BASE36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_DECIMAL_EXPONENT: Final = 15
_MAX_DECIMAL_DIGITS: Final = 24
_UPPER: Final = {"id": "ID", "poi": "POI", "poiid": "POIID"}


class BadMessage(Exception):
    """The other end sent something that is no message of this protocol."""


def _nexo_name(field: str) -> str:
    """Spell a field as the specification does: ``poi_transaction_id`` -> ``POITransactionID``."""
    return "".join(_UPPER.get(part, part.capitalize()) for part in field.split("_"))


class _Part(msgspec.Struct, rename=_nexo_name, omit_defaults=True, frozen=True):
    """A part of a message; what holds its default is left out."""


class MessageHeader(_Part, frozen=True):
    """Who says what to whom. ``service_id`` pairs an answer with its request."""

    message_class: str
    message_category: str
    message_type: str
    sale_id: str
    poiid: str
    service_id: str | None = None
    device_id: str | None = None
    protocol_version: str | None = None


class TransactionIdentification(_Part, frozen=True):
    """A transaction as one of the two ends names it."""

    transaction_id: str
    time_stamp: str


class SaleData(_Part, frozen=True):
    """The transaction in the words of the till."""

    sale_transaction_id: TransactionIdentification


class PoiData(_Part, frozen=True):
    """The transaction in the words of the terminal."""

    poi_transaction_id: TransactionIdentification


class AmountsReq(_Part, frozen=True):
    """What is asked for."""

    currency: str
    requested_amount: Decimal


class AmountsResp(_Part, frozen=True):
    """What was granted."""

    authorized_amount: Decimal
    currency: str | None = None


class PaymentTransaction(_Part, frozen=True):
    """The money side of a payment."""

    amounts_req: AmountsReq


class PaymentRequest(_Part, frozen=True):
    """Take this amount from the customer."""

    sale_data: SaleData
    payment_transaction: PaymentTransaction


class Outcome(_Part, frozen=True):
    """The ``Response`` of every answer."""

    result: str
    error_condition: str | None = None
    additional_response: str | None = None


class CardData(_Part, frozen=True):
    """The card, as far as a till may know it."""

    payment_brand: str = ""
    masked_pan: str = ""


class PaymentInstrumentData(_Part, frozen=True):
    """What was paid with."""

    card_data: CardData | None = None


class PaymentResult(_Part, frozen=True):
    """What came of a payment."""

    amounts_resp: AmountsResp | None = None
    payment_instrument_data: PaymentInstrumentData | None = None


class PaymentResponse(_Part, frozen=True):
    """Answer to a payment."""

    response: Outcome
    sale_data: SaleData | None = None
    poi_data: PoiData | None = None
    payment_result: PaymentResult | None = None


class OriginalPoiTransaction(_Part, frozen=True):
    """The payment that is to be undone."""

    poi_transaction_id: TransactionIdentification


class ReversalRequest(_Part, frozen=True):
    """Undo a payment of today."""

    sale_data: SaleData
    original_poi_transaction: OriginalPoiTransaction
    reversal_reason: str


class ReversalResponse(_Part, frozen=True):
    """Answer to a reversal."""

    response: Outcome
    poi_data: PoiData | None = None


class MessageReference(_Part, frozen=True):
    """Points at an earlier request by the till's own number."""

    message_category: str
    sale_id: str
    service_id: str


class TransactionStatusRequest(_Part, frozen=True):
    """What became of that request?"""

    message_reference: MessageReference


class RepeatedBody(_Part, frozen=True):
    """The earlier answer itself."""

    payment_response: PaymentResponse | None = None
    reversal_response: ReversalResponse | None = None


class RepeatedMessageResponse(_Part, frozen=True):
    """The earlier answer, said again."""

    repeated_response_message_body: RepeatedBody


class TransactionStatusResponse(_Part, frozen=True):
    """Answer to a status request."""

    response: Outcome
    repeated_message_response: RepeatedMessageResponse | None = None


class AbortRequest(_Part, frozen=True):
    """Stop that request if it can still be stopped. It has no answer of its own."""

    abort_reason: str
    message_reference: MessageReference


class SaleSoftware(_Part, frozen=True):
    """The till's program."""

    manufacturer_id: str = "Till"
    application_name: str = "Till"
    software_version: str = "1"
    certification_code: str = "none"


class LoginRequest(_Part, frozen=True):
    """Opens a session; a newer one of the same till ends the older."""

    date_time: str
    sale_software: SaleSoftware
    operator_language: str = ""


class DiagnosisRequest(_Part, frozen=True):
    """Are you well?"""

    host_diagnosis_flag: bool = True


class PlainResponse(_Part, frozen=True):
    """An answer that is nothing but a result."""

    response: Outcome


class PredefinedContent(_Part, frozen=True):
    """A display text by its name."""

    reference_id: str = ""


class OutputContent(_Part, frozen=True):
    """What is to be displayed."""

    output_format: str = "MessageRef"
    predefined_content: PredefinedContent | None = None


class DisplayOutput(_Part, frozen=True):
    """One display text."""

    output_content: OutputContent
    device: str = ""
    info_qualify: str = ""


class DisplayRequest(_Part, frozen=True):
    """What the terminal shows the customer at this moment."""

    display_output: tuple[DisplayOutput, ...]


class Request(_Part, frozen=True):
    """``SaleToPOIRequest``: exactly one body is set."""

    message_header: MessageHeader
    login_request: LoginRequest | None = None
    payment_request: PaymentRequest | None = None
    reversal_request: ReversalRequest | None = None
    transaction_status_request: TransactionStatusRequest | None = None
    abort_request: AbortRequest | None = None
    diagnosis_request: DiagnosisRequest | None = None
    display_request: DisplayRequest | None = None


class Response(_Part, frozen=True):
    """``SaleToPOIResponse``: exactly one body is set."""

    message_header: MessageHeader
    login_response: PlainResponse | None = None
    payment_response: PaymentResponse | None = None
    reversal_response: ReversalResponse | None = None
    transaction_status_response: TransactionStatusResponse | None = None
    diagnosis_response: PlainResponse | None = None


class Envelope(_Part, frozen=True):
    """One message, in either direction."""

    sale_to_poi_request: Request | None = None
    sale_to_poi_response: Response | None = None


_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(Envelope)


def frame(message: Envelope) -> bytes:
    """Return the bytes of one message with its length before it."""
    return frame_bytes(_encoder.encode(message))


def frame_bytes(body: bytes) -> bytes:
    """Return ``body`` with its length before it."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def frame_length(prefix: bytes) -> int:
    """Return how many bytes follow a length prefix.

    Raises:
        BadMessage: for an empty frame and one above 64 KiB, which no message of a payment needs; a stray HTTP answer
            reads as a length of a gigabyte and must not be waited for.
    """
    length = int.from_bytes(prefix, "big")
    if not 0 < length <= MAX_FRAME_BYTES:
        raise BadMessage("length")
    return length


def parse(body: bytes) -> Envelope:
    """Read one message.

    Raises:
        BadMessage: when it is not JSON, or not of the declared shape, or neither a request nor a response.
    """
    try:
        message = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise BadMessage(str(fault)) from fault
    if (message.sale_to_poi_request is None) == (message.sale_to_poi_response is None):
        raise BadMessage("neither a request nor a response")
    return message


def service_id(reference: str) -> str:
    """Return the ten characters that stand for a reference of ours on the wire.

    The specification leaves ten letters and digits for a ``ServiceID``, too few for a UUID; the whole reference
    travels in the ``SaleTransactionID`` and is compared again when an answer comes.
    """
    number = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:16], "big")
    digits = []
    for _ in range(_SERVICE_ID_LENGTH):
        number, digit = divmod(number, len(_BASE36))
        digits.append(_BASE36[digit])
    return "".join(digits)


def to_decimal(amount_minor: int, decimals: int) -> Decimal:
    """Return minor units as the decimal number that the message carries."""
    return Decimal(amount_minor).scaleb(-decimals)


def to_minor(amount: Decimal, decimals: int) -> int:
    """Return the decimal number of a message in minor units.

    Raises:
        BadMessage: when it is negative, absurdly large or finer than a minor unit.
    """
    if not amount.is_finite() or amount.is_signed() or amount.adjusted() > _MAX_DECIMAL_EXPONENT:
        raise BadMessage("amount")
    if len(amount.as_tuple().digits) > _MAX_DECIMAL_DIGITS:  # more would be rounded away unseen below
        raise BadMessage("amount")
    minor = amount.scaleb(decimals)
    if minor != minor.to_integral_value():
        raise BadMessage("amount")
    return int(minor)


def display_event(request: DisplayRequest) -> str | None:
    """Return the name of the event in a display notice, such as ``WAIT_FOR_PIN``, or None when it holds none."""
    for output in request.display_output:
        content = output.output_content.predefined_content
        if content is not None:
            events = parse_qs(content.reference_id).get("event")
            if events:
                return events[0]
    return None
