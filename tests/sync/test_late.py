"""What is loaded after the window: at its first use at the latest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

from pos_desktop.domain.customers import Customer
from pos_desktop.settings import LookupSettings
from sync.late import LateLookup
from sync.lookup import LiveLookup

ROOT = Path(__file__).parents[2]


class CountedLookup:
    """A lookup that knows nobody and counts what is done to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = 0

    def fetch(self, identifier: str, settings: LookupSettings) -> tuple[Customer | None, int]:
        self.asked.append(identifier)
        return None, 1

    def close(self) -> None:
        self.closed += 1


def test_the_lookup_is_opened_once_by_its_first_question_and_closed_with_the_till() -> None:
    opened: list[CountedLookup] = []

    def open_lookup() -> LiveLookup:
        opened.append(CountedLookup())
        return cast("LiveLookup", opened[-1])

    late = LateLookup(open_lookup)
    assert opened == []

    assert late.fetch("+491", LookupSettings()) == (None, 1)
    assert late.fetch("+492", LookupSettings()) == (None, 1)
    late.close()

    assert [lookup.asked for lookup in opened] == [["+491", "+492"]]
    assert opened[0].closed == 1


def test_a_lookup_that_was_never_asked_is_not_opened_to_be_closed() -> None:
    def open_lookup() -> LiveLookup:
        raise AssertionError("opened")

    LateLookup(open_lookup).close()


def test_what_the_start_left_out_is_loaded_whatever_the_region() -> None:
    script = "import sys; from sync.late import load_late_parts; before = set(sys.modules)\n"
    script += "assert not before & {'httpx', 'phonenumbers', 'argon2', 'structlog', 'pos_desktop.devices.escpos'}\n"
    script += "load_late_parts('DE'); load_late_parts('')\n"
    script += "print(*sorted({'httpx', 'phonenumbers', 'argon2', 'structlog', 'pos_desktop.devices.escpos'} - set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.split() == []
