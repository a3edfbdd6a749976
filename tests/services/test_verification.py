"""The proof of the journal finds whatever was touched afterwards, and names it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos_desktop.services.verification import Verdict, verify_journal
from pos_desktop.storage.till_store import TILL_FILE, open_till
from tests.support.tills import running_till


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with running_till(tmp_path) as shop:
        shop.till.staff.log_in("emp_1", "1111")
        for _ in range(3):
            basket = shop.start()
            shop.till.baskets.add_product(basket, "BURGER")
            shop.till.checkout.pay_cash(basket, 900)
            shop.till.checkout.finalise(basket)
    sign_all(tmp_path)
    return tmp_path


def sign_all(folder: Path) -> None:
    """Sign every entry as a terminal does; its public key lies in the file."""
    key = Ed25519PrivateKey.generate()
    with closing(sqlite3.connect(folder / TILL_FILE)) as file, file:
        for seq, digest in file.execute("SELECT seq, entry_hash FROM journal").fetchall():
            file.execute("UPDATE journal SET signature = ? WHERE seq = ?", (key.sign(digest.encode()).hex(), seq))
        public = key.public_key().public_bytes_raw().hex()
        file.execute("INSERT INTO meta (key, value) VALUES ('journal_public_key', ?)", (public,))


def verdict(folder: Path) -> Verdict:
    with closing(open_till(folder)) as database:
        return verify_journal(database)


def test_what_was_not_touched_is_whole(folder: Path) -> None:
    found = verdict(folder)
    assert (found.good, found.entries) == (True, 7)
    assert found.sentence == "7 entries, whole and signed"


def test_a_till_that_has_written_nothing_yet_needs_no_key(tmp_path: Path) -> None:
    assert verdict(tmp_path) == Verdict(good=True, entries=0, sentence="0 entries, whole and signed")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE journal SET body = replace(body, '899', '1') WHERE seq = 3", "broken at entry 3 (hash)"),
        ("DELETE FROM journal WHERE seq = 2", "broken at entry 2 (gap)"),
        ("DELETE FROM journal WHERE seq = 7", "broken at entry 7 (end): 7 were written, 6 are there"),
        ("DELETE FROM journal", "broken at entry 1 (end): 7 were written, 0 are there"),
        ("UPDATE sales SET total_minor = 1 WHERE receipt_number = 2", "sale R-TERM_001-2-"),
        (
            (
                "UPDATE outbox SET payload = CAST(replace(CAST(payload AS TEXT), '\"total_minor\":899', '\"total_minor\":1')"
                " AS BLOB) WHERE id = (SELECT id FROM sales WHERE receipt_number = 3)"
            ),
            "sale R-TERM_001-3-",
        ),
        (
            (
                "UPDATE outbox SET payload = CAST(replace(CAST(payload AS TEXT), 'Anna', 'Otto') AS BLOB)"
                " WHERE id = (SELECT id FROM sales WHERE receipt_number = 1)"
            ),
            "the journal says otherwise at entry 3",
        ),
        (
            "UPDATE outbox SET payload = x'7b7d' WHERE id = (SELECT id FROM sales WHERE receipt_number = 1)",
            "its document cannot be read",
        ),
        (
            "UPDATE meta SET value = hex(randomblob(32)) WHERE key = 'journal_public_key'",
            "broken at entry 1: not sig",
        ),
        ("DELETE FROM meta WHERE key = 'journal_public_key'", "broken at entry 1: the key"),
        ("UPDATE journal SET signature = '' WHERE seq = 4", "broken at entry 4: not signed by this terminal"),
    ],
)
def test_what_was_touched_is_named(folder: Path, statement: str, sentence: str) -> None:
    with closing(sqlite3.connect(folder / TILL_FILE)) as file, file:
        assert file.execute(statement).rowcount > 0
    found = verdict(folder)
    assert not found.good
    assert sentence in found.sentence
