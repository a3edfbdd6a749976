"""What the simulated payment terminal says, message by message."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pos_desktop.devices import nexo
from pos_desktop.devices.card_bookings import Booking

_RESULTS: Final = {"approved": "Success", "declined": "Failure", "cancelled": "Failure", "in_progress": "Failure"}


def plain(request: nexo.Request, *, login: bool) -> nexo.Envelope:
    """Return the yes to a log-in or to a diagnosis."""
    yes = nexo.PlainResponse(nexo.Outcome("Success"))
    if login:
        return _envelope(nexo.Response(_header(request), login_response=yes))
    return _envelope(nexo.Response(_header(request), diagnosis_response=yes))


def payment(request: nexo.Request, booking: Booking) -> nexo.Envelope:
    """Return the answer to a payment that was begun."""
    return _envelope(nexo.Response(_header(request), payment_response=_payment_body(booking)))


def refused_payment(request: nexo.Request, condition: str) -> nexo.Envelope:
    """Return the answer to a payment that was not begun."""
    body = nexo.PaymentResponse(nexo.Outcome("Failure", condition))
    return _envelope(nexo.Response(_header(request), payment_response=body))


def reversal(request: nexo.Request, booking: Booking) -> nexo.Envelope:
    """Return the answer to a reversal that was done."""
    return _envelope(nexo.Response(_header(request), reversal_response=_reversal_body(booking)))


def refused_reversal(request: nexo.Request, condition: str) -> nexo.Envelope:
    """Return the answer to a reversal that was not done."""
    body = nexo.ReversalResponse(nexo.Outcome("Failure", condition))
    return _envelope(nexo.Response(_header(request), reversal_response=body))


def status(request: nexo.Request, booking: Booking | None) -> nexo.Envelope:
    """Return what became of an earlier request."""
    if booking is None:
        body = nexo.TransactionStatusResponse(nexo.Outcome("Failure", "NotFound"))
    elif booking.state == "in_progress":
        body = nexo.TransactionStatusResponse(nexo.Outcome("Failure", "InProgress"))
    else:
        repeated = (
            nexo.RepeatedBody(reversal_response=_reversal_body(booking))
            if booking.category == "Reversal"
            else nexo.RepeatedBody(payment_response=_payment_body(booking))
        )
        body = nexo.TransactionStatusResponse(nexo.Outcome("Success"), nexo.RepeatedMessageResponse(repeated))
    return _envelope(nexo.Response(_header(request), transaction_status_response=body))


def display(booking: Booking, poi_id: str, event: str) -> nexo.Envelope:
    """Return the notice of one step of the customer's."""
    header = nexo.MessageHeader(
        message_class="Device",
        message_category="Display",
        message_type="Notification",
        sale_id=booking.sale_id,
        poiid=poi_id,
        device_id=booking.service_id,
        protocol_version=nexo.PROTOCOL_VERSION,
    )
    reference = f"TransactionID={booking.poi_transaction_id}&TimeStamp={booking.booked_at}&event={event}"
    content = nexo.OutputContent("MessageRef", nexo.PredefinedContent(reference))
    output = nexo.DisplayOutput(content, device="CashierDisplay", info_qualify="Status")
    return nexo.Envelope(sale_to_poi_request=nexo.Request(header, display_request=nexo.DisplayRequest((output,))))


def _payment_body(booking: Booking) -> nexo.PaymentResponse:
    approved = booking.state == "approved"
    card = nexo.CardData(booking.brand, f"****{booking.last_digits}")
    result = nexo.PaymentResult(
        nexo.AmountsResp(Decimal(booking.amount), booking.currency), nexo.PaymentInstrumentData(card)
    )
    return nexo.PaymentResponse(
        nexo.Outcome(_RESULTS[booking.state], booking.condition or None),
        nexo.SaleData(nexo.TransactionIdentification(booking.transaction_id, booking.booked_at)),
        _poi_data(booking),
        result if approved else None,
    )


def _reversal_body(booking: Booking) -> nexo.ReversalResponse:
    return nexo.ReversalResponse(nexo.Outcome("Success"), _poi_data(booking))


def _poi_data(booking: Booking) -> nexo.PoiData:
    return nexo.PoiData(nexo.TransactionIdentification(booking.poi_transaction_id, booking.booked_at))


def _header(request: nexo.Request) -> nexo.MessageHeader:
    asked = request.message_header
    return nexo.MessageHeader(
        message_class=asked.message_class,
        message_category=asked.message_category,
        message_type="Response",
        sale_id=asked.sale_id,
        poiid=asked.poiid,
        service_id=asked.service_id,
        protocol_version=nexo.PROTOCOL_VERSION,
    )


def _envelope(response: nexo.Response) -> nexo.Envelope:
    return nexo.Envelope(sale_to_poi_response=response)
