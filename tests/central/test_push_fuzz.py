"""Whatever a payload holds: it is taken or refused with a reason, never a fault of the server, and nothing half stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_api import tables
from central_api.database import open_engine, read
from central_api.logs import set_level
from central_api.push import push
from central_api.terminals import terminal_of
from sync.protocol import ItemStatus, PushItem
from tests.support.central import TERMINALS, small_database
from tests.support.facts import NOON, batch, new_id

PAYLOADS = sorted((Path(__file__).parents[1] / "contract" / "payloads").glob("*.json"))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53, -(2**53), 2**63, -(2**63) - 1, 2**64, 10**40, 0, -1]),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "\ud800", "x" * 501, "CUST_001", "term_002", "\u202e", "'; DROP TABLE sales; --"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """One database for all examples; each has ids of its own."""
    file = tmp_path_factory.mktemp("fuzz") / "c.sqlite"
    file.write_bytes(small_database())
    opened = open_engine(f"sqlite:///{file}")
    set_level("ERROR")  # refusals are what is looked for here
    yield opened
    set_level("WARNING")
    opened.dispose()


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *[place for key, one in inner for place in _places(one, (*path, key))]]


def _put(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    inside = value
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = odd
    return value


def _rows(engine: sa.Engine) -> dict[str, int]:
    with read(engine) as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (tables.sales, tables.sale_lines, tables.loyalty_entries, tables.journal_entries)
        }


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_payload_is_taken_or_refused_with_a_reason(engine: sa.Engine, path: Path, data: st.DataObject) -> None:
    # Ids of its own, so that no example is a duplicate of another.
    whole = json.loads(path.read_bytes().replace(b"0199d5a0", new_id()[:8].encode()))
    place = data.draw(st.sampled_from(_places(whole)))
    payload = json.dumps(_put(whole, place, data.draw(ODD)))
    kind, version = path.stem.rsplit("_v", 1)
    one = PushItem(
        device_seq=data.draw(st.integers(1, 2**53 - 1)),
        id=new_id(),
        kind=kind,
        schema_v=int(version),
        sha256=hashlib.sha256(payload.encode()).hexdigest(),
        made_at=NOON,
        payload=payload,
    )
    before = _rows(engine)
    with read(engine) as connection:
        terminal = terminal_of(connection, f"Bearer {TERMINALS[0][1]}")
    (answer,) = push(engine, terminal, batch([one], device_epoch=new_id()), max_items=100).answers
    assert answer.status in (ItemStatus.CREATED, ItemStatus.REJECTED), answer
    if answer.status is ItemStatus.REJECTED:
        assert answer.code
        assert _rows(engine) == before
