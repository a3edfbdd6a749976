"""The chain at the centre: every link is kept, a broken one is flagged, none is refused."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.database import read
from tests.central.client import Terminal
from tests.support.central import RunningApi
from tests.support.facts import item, journal, sale


def _flaws(api: RunningApi) -> dict[int, list[str]]:
    j = tables.journal_entries
    found: dict[int, list[str]] = {}
    with read(api.engine) as connection:
        for row in connection.execute(sa.select(j.c.seq, j.c.flaw).order_by(j.c.seq, j.c.flaw)):
            found.setdefault(row.seq, []).append(row.flaw)
    return found


def test_a_chain_that_holds_has_no_flaw(api: RunningApi, till: Terminal) -> None:
    first = journal(1)
    second = journal(2, first.entry_hash)
    assert till.answers(item(1, first), item(2, second)) == ["created", "created"]
    assert _flaws(api) == {1: [""], 2: [""]}


def test_links_may_arrive_in_any_order(api: RunningApi, till: Terminal) -> None:
    first = journal(1)
    second = journal(2, first.entry_hash)
    third = journal(3, second.entry_hash)
    till.push(item(3, third))
    till.push(item(1, first))
    till.push(item(2, second))
    assert _flaws(api) == {1: [""], 2: [""], 3: [""]}


def test_a_sale_is_a_link_of_the_chain(api: RunningApi, till: Terminal) -> None:
    sold = sale(journal_seq=1)
    till.push(item(1, sold), item(2, journal(2, sold.journal_hash)), item(3, journal(3, "f" * 64)))
    assert _flaws(api) == {1: [""], 2: [""], 3: ["link"]}


def test_an_entry_that_does_not_follow_is_flagged_whichever_comes_first(api: RunningApi, till: Terminal) -> None:
    first = journal(1)
    stranger = journal(2, "a" * 64)
    till.push(item(2, stranger), item(1, first))
    assert _flaws(api) == {1: [""], 2: ["link"]}


def test_a_first_entry_must_follow_the_beginning(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, journal(1, "b" * 64)))
    assert _flaws(api) == {1: ["link"]}


def test_an_entry_changed_after_it_was_hashed_is_flagged(api: RunningApi, till: Terminal) -> None:
    assert till.answers(item(1, journal(1, entry_hash="c" * 64))) == ["created"]
    assert _flaws(api) == {1: ["hash"]}


def test_two_entries_with_one_number_are_both_kept(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, journal(1)), item(2, journal(1, body='{"other":1}')))
    assert _flaws(api) == {1: ["", "twice"]}


def test_another_installation_has_a_chain_of_its_own(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, journal(1)))
    with Terminal(api.url, api.token, "epoch-new") as reinstalled:
        reinstalled.push(item(1, journal(1)))
    assert _flaws(api) == {1: ["", ""]}
