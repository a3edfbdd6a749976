"""Orders to the simulated payment terminal, on the port on which it takes payments."""

from __future__ import annotations

import socket
from enum import StrEnum
from typing import Final

import msgspec

from pos_desktop.devices import nexo
from pos_desktop.devices.card_bookings import Booking

_CONTROL_TIMEOUT_S: Final = 5.0


class Behaviour(StrEnum):
    """What becomes of the next payment."""

    APPROVE = "approve"
    DECLINE = "decline"
    SILENT = "silent"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    CANCEL = "cancel"
    SLOW = "slow"
    GARBAGE = "garbage"


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall happen next, and whether the bookings are wanted."""

    next: Behaviour | None = None
    list: bool = False


class ControlMessage(msgspec.Struct, frozen=True):
    """The frame of an order."""

    control: Control


class ControlAnswer(msgspec.Struct, frozen=True):
    """What comes back."""

    bookings: tuple[Booking, ...] = ()


def order_next(host: str, port: int, behaviour: Behaviour) -> None:
    """Say how the next payment shall go, whatever its amount; several orders are taken in turn.

    Raises:
        OSError: when no simulator is there.
        BadMessage: when what listens there is none.
    """
    _send(host, port, Control(next=behaviour))


def bookings(host: str, port: int) -> tuple[Booking, ...]:
    """Return everything that the simulator ever booked, oldest first.

    Raises:
        OSError: when no simulator is there.
        BadMessage: when what listens there is none.
    """
    return _send(host, port, Control(list=True)).bookings


def _send(host: str, port: int, control: Control) -> ControlAnswer:
    with socket.create_connection((host, port), timeout=_CONTROL_TIMEOUT_S) as line, line.makefile("rb") as answer:
        line.sendall(nexo.frame_bytes(msgspec.json.encode(ControlMessage(control))))
        # No upper bound as in a payment: the list of a long day outgrows its frame.
        length = int.from_bytes(answer.read(nexo.LENGTH_BYTES), "big")
        try:
            return msgspec.json.decode(answer.read(length), type=ControlAnswer)
        except msgspec.DecodeError as fault:
            raise nexo.BadMessage(str(fault)) from fault
