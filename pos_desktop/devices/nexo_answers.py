"""What a terminal's answer says about the customer's money."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from pos_desktop.devices import nexo
from pos_desktop.devices.card_terminal import CardOutcome, CardState
from pos_desktop.domain.money import currency_decimals

# Conditions by which a terminal says that it did not charge. Every other one (Busy and InProgress among them: the
# payment that keeps it busy may be this very one) leaves the outcome unknown.
_NOT_CHARGED: Final = {
    "Refusal": CardState.DECLINED,
    "InvalidCard": CardState.DECLINED,
    "WrongPIN": CardState.DECLINED,
    "PaymentRestriction": CardState.DECLINED,
    "UnreachableHost": CardState.DECLINED,
    "UnavailableService": CardState.DECLINED,
    "LoggedOut": CardState.DECLINED,
    "Cancel": CardState.CANCELLED,
    "Aborted": CardState.CANCELLED,
}
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_DETAIL_BRAND_LENGTH: Final = 20
_SHOWN_DIGITS: Final = 4


def read_payment(payment: nexo.PaymentResponse, intent_id: str) -> CardOutcome:
    """Read a payment's answer.

    Args:
        payment: the answer, direct or repeated.
        intent_id: our whole reference, compared with the one that the answer carries.

    Raises:
        BadMessage: when it cannot be true.
    """
    if payment.sale_data is not None and payment.sale_data.sale_transaction_id.transaction_id != intent_id:
        return CardOutcome(CardState.UNKNOWN, reason="not_ours")
    reference = payment.poi_data.poi_transaction_id.transaction_id if payment.poi_data is not None else ""
    result = payment.payment_result
    if payment.response.result == "Failure":
        condition = payment.response.error_condition or ""
        state = _NOT_CHARGED.get(condition, CardState.UNKNOWN)
        return CardOutcome(state, reference, reason=_snake(condition) or "bad_answer")
    if payment.response.result not in ("Success", "Partial") or result is None or result.amounts_resp is None:
        raise nexo.BadMessage("payment")
    currency = result.amounts_resp.currency or ""
    if not _CURRENCY.fullmatch(currency):
        raise nexo.BadMessage("currency")
    amount_minor = nexo.to_minor(result.amounts_resp.authorized_amount, currency_decimals(currency))
    card = result.payment_instrument_data.card_data if result.payment_instrument_data is not None else None
    return CardOutcome(CardState.APPROVED, reference, _detail(card), "", amount_minor, currency)


def _detail(card: nexo.CardData | None) -> str:
    """Return brand and last four digits; a terminal that sends more of the number than that is not believed to."""
    if card is None:
        return ""
    digits = "".join(sign for sign in card.masked_pan if sign in "0123456789")[-_SHOWN_DIGITS:]
    letters = "".join(sign for sign in card.payment_brand if sign.isalpha() or sign == " ")
    brand = letters.strip().upper()[:_DETAIL_BRAND_LENGTH]
    return " ".join(part for part in (brand, f"**** {digits}" if len(digits) == _SHOWN_DIGITS else "") if part)


def read_reversal(reversal: nexo.ReversalResponse, paid: CardOutcome) -> CardOutcome:
    """Read the answer to an undoing.

    Args:
        reversal: the answer.
        paid: the payment that was to be undone.

    Returns:
        ``approved`` when it is undone, ``declined`` when the terminal says that it stands, else ``unknown``.
    """
    if reversal.response.result == "Success":
        reference = reversal.poi_data.poi_transaction_id.transaction_id if reversal.poi_data is not None else ""
        return replace(paid, reference=reference)
    condition = reversal.response.error_condition or ""
    stands = reversal.response.result == "Failure" and condition not in ("", "Busy", "InProgress")
    state = CardState.DECLINED if stands else CardState.UNKNOWN
    return CardOutcome(state, reason=_snake(condition) or "bad_answer")


def read_status_failure(answer: nexo.Outcome) -> CardOutcome:
    """Read a status that was not found or not given.

    Only ``NotFound`` says something about the payment; the others say that the question was not answered.
    """
    if answer.result == "Failure" and answer.error_condition == "NotFound":
        return CardOutcome(CardState.NOT_FOUND, reason="not_found")
    return CardOutcome(CardState.UNKNOWN, reason=_snake(answer.error_condition or "") or "bad_answer")


def _snake(condition: str) -> str:
    """``WrongPIN`` -> ``wrong_pin``."""
    name = ""
    for before, sign in zip(" " + condition, condition, strict=False):
        name += "_" if sign.isupper() and before.islower() else ""
        name += sign.lower() if sign.isascii() and sign.isalnum() else ""
    return name[:40]
