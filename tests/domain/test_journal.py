from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.events import JournalWritten
from pos_desktop.domain.journal import GENESIS_HASH, BrokenLink, JournalEntry, canonical, entry_hash, verify_chain

AT = "2026-11-20T10:00:00.000Z"


def make_chain(bodies: list[str]) -> list[JournalEntry]:
    chain: list[JournalEntry] = []
    previous = GENESIS_HASH
    for seq, body in enumerate(bodies, 1):
        digest = entry_hash(previous, seq, "sale_completed", AT, body)
        chain.append(JournalEntry(seq, "sale_completed", AT, body, previous, digest))
        previous = digest
    return chain


CHAIN = make_chain([canonical({"sale": f"s{number}", "total_minor": number}) for number in range(5)])


def test_a_hash_is_the_same_for_ever() -> None:
    expected = "bc842bda04af77e80ec2f01d4b1179d137b4af494b040fb42acae1af35df9656"
    assert entry_hash(GENESIS_HASH, 1, "log_in", AT, '{"employee":"emp_1"}') == expected


@given(st.lists(st.text(max_size=20), max_size=6))
def test_a_chain_as_written_holds(bodies: list[str]) -> None:
    assert verify_chain(make_chain(bodies)) is None


@pytest.mark.parametrize(
    "changed",
    [
        replace(CHAIN[2], body='{"sale":"s2","total_minor":1}'),
        replace(CHAIN[2], kind="sale_refunded"),
        replace(CHAIN[2], at="2026-11-20T10:00:00.001Z"),
        replace(CHAIN[2], entry_hash="f" * 64),
    ],
    ids=["body", "kind", "at", "entry_hash"],
)
def test_a_changed_entry_is_named(changed: JournalEntry) -> None:
    broken = verify_chain([*CHAIN[:2], changed, *CHAIN[3:]])
    assert broken is not None
    assert (broken.seq, broken.reason) == (3, "hash")


def test_an_entry_that_was_hashed_again_breaks_the_next_link() -> None:
    forged = replace(CHAIN[2], body="{}")
    forged = replace(forged, entry_hash=entry_hash(forged.previous_hash, 3, forged.kind, forged.at, forged.body))
    broken = verify_chain([*CHAIN[:2], forged, *CHAIN[3:]])
    assert broken == BrokenLink(4, "previous", forged.entry_hash, CHAIN[2].entry_hash)


def test_a_missing_entry_is_named() -> None:
    assert verify_chain([*CHAIN[:2], *CHAIN[3:]]) == BrokenLink(3, "gap", "3", "4")
    assert verify_chain(CHAIN[1:]) == BrokenLink(1, "gap", "1", "2")


def test_entries_that_changed_places_are_noticed() -> None:
    broken = verify_chain([CHAIN[1], CHAIN[0], *CHAIN[2:]])
    assert broken is not None
    assert broken.seq == 1


def test_a_chain_is_checked_from_a_known_entry_on() -> None:
    assert verify_chain(CHAIN[2:], previous_hash=CHAIN[1].entry_hash, first_seq=3) is None
    broken = verify_chain(CHAIN[2:], previous_hash=CHAIN[0].entry_hash, first_seq=3)
    assert broken is not None
    assert broken.reason == "previous"


def test_a_foreign_first_entry_does_not_start_a_chain() -> None:
    stranger = replace(CHAIN[0], previous_hash="1" * 64)
    broken = verify_chain([stranger])
    assert broken is not None
    assert broken.reason == "previous"


def test_entries_as_they_travel_are_checked_the_same_way() -> None:
    sent = [
        JournalWritten(entry.seq, entry.kind, entry.at, entry.body, entry.previous_hash, entry.entry_hash, "sig")
        for entry in CHAIN
    ]
    assert verify_chain(sent) is None


def test_no_two_entries_make_the_same_text() -> None:
    assert entry_hash(GENESIS_HASH, 1, "ab", "c", "d") != entry_hash(GENESIS_HASH, 1, "a", "bc", "d")
    assert entry_hash(GENESIS_HASH, 1, 'a","b', "", "") != entry_hash(GENESIS_HASH, 1, "a", "b", "")


def test_a_body_has_one_text() -> None:
    assert canonical({"b": 1, "a": "ü"}) == canonical({"a": "ü", "b": 1}) == '{"a":"ü","b":1}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})
