"""The document says what the server does: no code and no column is missing in it."""

from __future__ import annotations

import re
from pathlib import Path

from central_api import high_water
from central_api.feed import TABLE_OF
from central_api.pull import _COLUMNS
from pos_desktop.domain.events import EventKind
from sync.protocol import MAX_PULL_ROWS, MAX_PUSH_ITEMS, PROTOCOL_VERSION, Collection, ItemStatus

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
_CODE = re.compile(r'(?:ApiProblem\(\s*\d+,|Rejected\(|ItemStatus\.\w+,|\d{3}:|code=)\s*"([a-z_]+)"')


def test_every_code_that_the_server_gives_is_explained() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "central_api").glob("*.py"))
    codes = set(_CODE.findall(sources))
    assert {"sums_differ", "id_conflict", "cursor_gone", "server_fault", "not_found", "hash_mismatch"} <= codes
    assert {code for code in codes if f"`{code}`" not in DOCUMENT} == set()


def test_every_column_kind_and_status_is_named() -> None:
    assert set(_COLUMNS) == set(TABLE_OF) == set(Collection)
    for collection, columns in _COLUMNS.items():
        assert f"| `{collection.value}` | `{', '.join(columns)}`" in DOCUMENT
    for name in (*EventKind, *ItemStatus):
        assert f"`{name.value}`" in DOCUMENT


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{MAX_PUSH_ITEMS} items a batch; {MAX_PULL_ROWS:,} rows a page" in DOCUMENT
    assert f"`X-Till-Protocol: {PROTOCOL_VERSION}`" in DOCUMENT
    assert high_water.MAX_NAMED == 100
