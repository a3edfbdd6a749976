"""The payment terminal as the rest of the till sees it.

A payment is known by a reference of ours, its intent, which is on disk before the terminal hears of it. Whatever
happens in between (a dropped line, a power cut, a till that is killed), the terminal is asked by that reference what
became of it. An answer that is missing or cannot be read makes the outcome unknown; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class CardState(StrEnum):
    """What is known of one payment.

    ``approved``: the customer was charged. ``declined`` and ``cancelled``: the terminal says that the customer was not.
    ``unknown``: the customer may have been charged; ask :meth:`CardTerminal.status` before anything else.
    ``not_found``: the terminal never began it, so the customer was not charged.
    ``not_reached``: the request was never sent, so the customer was not charged.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"
    NOT_REACHED = "not_reached"


class CardProgress(StrEnum):
    """What happens at the terminal while the till waits."""

    CONNECTING = "connecting"
    PRESENT_CARD = "present_card"
    ENTER_PIN = "enter_pin"
    AUTHORISING = "authorising"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class CardOutcome:
    """What became of a payment.

    Args:
        reference: the terminal's own reference; empty when it gave none.
        detail: brand and last four digits as the receipt shows them, such as ``VISA **** 1234``.
        reason: a stable code for log and journal: ``not_connected``, ``login_refused``, ``timeout``, ``closed``,
            ``bad_answer``, ``not_ours``, ``amount_differs``, or the terminal's own error condition in lower case with
            underscores (``refusal``, ``wrong_pin``, ``in_progress`` ...). Empty when approved.
        amount_minor: what was authorised, for an approved payment; a caller of ``status`` compares it with its intent.
        currency: of ``amount_minor``.
    """

    state: CardState
    reference: str = ""
    detail: str = ""
    reason: str = ""
    amount_minor: int | None = None
    currency: str = ""


class CardTerminal(Protocol):
    """A terminal that charges cards. No method raises for what a terminal or a line does: the outcome says it."""

    def pay(self, intent_id: str, amount_minor: int, currency: str, on_progress: Callable[[str], None]) -> CardOutcome:
        """Charge a card; waits for the customer.

        The same intent with the same amount gives the same outcome again and charges nothing.

        Args:
            intent_id: our reference, already recorded.
            amount_minor: minor units, above zero.
            currency: ISO 4217 code.
            on_progress: called with a :class:`CardProgress` code, on the calling thread.

        Raises:
            PaymentTrouble: for an amount that is not above zero; nothing was sent.
        """

    def status(self, intent_id: str) -> CardOutcome:
        """Ask what became of a payment. ``unknown`` when the terminal cannot be asked or is still busy with it."""

    def abort(self, intent_id: str) -> bool:
        """Ask the terminal to stop; what comes of it, ``pay`` returns. False when the terminal could not be told."""

    def reverse(self, reversal_id: str, intent_id: str) -> CardOutcome:
        """Undo an approved payment of today in full.

        Args:
            reversal_id: our reference of the undoing, already recorded; repeating it undoes nothing twice.
            intent_id: the payment.

        Returns:
            ``approved`` when the customer has the money back; ``not_found`` when there is nothing to undo.
        """

    def ping(self) -> bool:
        """Whether the terminal answers."""
