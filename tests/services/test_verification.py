"""The proof of the journal finds whatever was touched afterwards, and names it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

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
    return tmp_path


def verdict(folder: Path) -> Verdict:
    with closing(open_till(folder)) as database:
        return verify_journal(database)


def test_what_was_not_touched_is_whole(folder: Path) -> None:
    found = verdict(folder)
    assert (found.good, found.entries) == (True, 7)
    assert found.sentence == "7 entries, whole, but without the key that their signatures are checked with"


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
            "INSERT INTO meta (key, value) VALUES ('journal_public_key', hex(randomblob(32)))",
            "broken at entry 1: not sig",
        ),
    ],
)
def test_what_was_touched_is_named(folder: Path, statement: str, sentence: str) -> None:
    with closing(sqlite3.connect(folder / TILL_FILE)) as file, file:
        assert file.execute(statement).rowcount > 0
    found = verdict(folder)
    assert not found.good
    assert sentence in found.sentence
