"""Who stands at the till: log-in by PIN, with a door that shuts after wrong ones."""

from __future__ import annotations

from datetime import timedelta

from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core, iso, parse_iso
from pos_desktop.services.views import EmployeeView, Session
from pos_desktop.storage import catalogue, records
from pos_desktop.storage.catalogue import EmployeeRow

TRIES = 5
FIRST_LOCK_S = 30
LONGEST_LOCK_S = 3_600


class Staff:
    """Use cases of the people behind the till."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def employees(self) -> tuple[EmployeeView, ...]:
        """Read who may log in; empty while the till is being set up."""
        core = self._core
        now = core.now()
        with core.read() as (till, replica):
            rows = () if replica is None else catalogue.employees(replica)
            found = []
            for row in rows:
                _failures, until = records.wrong_pins(till, row.id)
                found.append(EmployeeView(row.id, row.name, row.role, row.colour, until if _shut(until, now) else None))
        return tuple(found)

    def log_in(self, employee_id: str, pin: str) -> Session:
        """Let somebody in.

        Args:
            pin: digits as typed.

        Raises:
            NotFound: no such employee.
            NotAllowed: ``wrong_pin`` (``left`` tries), or ``pin_locked`` (``seconds``): the lock doubles with every
                further wrong PIN.
        """
        core = self._core
        row = self._row(employee_id)
        with core.till.read() as till:
            failures, until = records.wrong_pins(till, employee_id)
        now = core.now()
        if _shut(until, now):
            raise NotAllowed(ErrorCode.PIN_LOCKED, seconds=core.seconds_until(until))
        if not self._matches(row.pin_hash, pin):
            self._refuse(employee_id, failures + 1)
        with core.till.write() as till:
            if failures:
                records.set_wrong_pins(till, employee_id, 0, "")
            core.record(till, "employee_logged_in", {"employee_id": employee_id})
        core.feed.publish(Changes.STAFF)
        return Session(EmployeeView(row.id, row.name, row.role, row.colour, None), now)

    def log_out(self, employee_id: str) -> None:
        """Lock the till; baskets stay."""
        with self._core.till.write() as till:
            self._core.record(till, "employee_logged_out", {"employee_id": employee_id})
        self._core.feed.publish(Changes.STAFF)

    def _row(self, employee_id: str) -> EmployeeRow:
        with self._core.replica.read() as replica:
            rows = () if replica is None else catalogue.employees(replica)
        for row in rows:
            if row.id == employee_id:
                return row
        raise NotFound(ErrorCode.EMPLOYEE_NOT_FOUND, employee=employee_id)

    def _matches(self, pin_hash: str, pin: str) -> bool:
        from argon2 import PasswordHasher
        from argon2.exceptions import VerifyMismatchError

        try:
            return PasswordHasher().verify(pin_hash, pin)
        except VerifyMismatchError:
            return False

    def _refuse(self, employee_id: str, failures: int) -> None:
        core = self._core
        until, lock_s = "", 0
        if failures >= TRIES:
            lock_s = min(LONGEST_LOCK_S, FIRST_LOCK_S * 2 ** (failures - TRIES))
            until = iso(core.clock.now() + timedelta(seconds=lock_s))
        with core.till.write() as till:
            records.set_wrong_pins(till, employee_id, failures, until)
            core.record(till, "pin_refused", {"employee_id": employee_id, "failures": failures})
        core.feed.publish(Changes.STAFF)
        if until:
            raise NotAllowed(ErrorCode.PIN_LOCKED, seconds=lock_s)
        raise NotAllowed(ErrorCode.WRONG_PIN, left=TRIES - failures)


def _shut(until: str, now: str) -> bool:
    """Tell whether a lock holds. One that ends later than any lock can is the work of a clock that was set back."""
    return until > now and parse_iso(until) - parse_iso(now) <= timedelta(seconds=LONGEST_LOCK_S)
