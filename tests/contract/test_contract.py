"""The contract between till and centre: bytes that were once sent stay readable and acceptable for ever.

``payloads/`` holds one frozen fact of every kind and version, ``messages/`` one of every message. A file here is never
changed: a new shape is a new version and a new file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pos_desktop.domain.events import KIND_OF, SHAPES, EventKind, freeze, thaw
from sync.protocol import (
    Collection,
    CustomerRow,
    HeadsResponse,
    LookupResponse,
    Problem,
    PullResponse,
    PushItem,
    PushRequest,
    PushResponse,
)
from tests.central.client import Terminal
from tests.support.central import TERMINALS, running_api
from tests.support.facts import NOON, new_id

HERE = Path(__file__).parent
PAYLOADS = sorted((HERE / "payloads").glob("*.json"))
PULLED = [f"pull_{collection.value}" for collection in Collection]
MESSAGES: dict[str, type[Any]] = {
    "push_request": PushRequest,
    "push_response": PushResponse,
    "heads_response": HeadsResponse,
    "lookup_response": LookupResponse,
    "problem": Problem,
    **dict.fromkeys(PULLED, PullResponse),
}


def _named(path: Path) -> tuple[EventKind, int]:
    kind, version = path.stem.rsplit("_v", 1)
    return EventKind(kind), int(version)


def _message(name: str) -> bytes:
    return (HERE / "messages" / f"{name}.json").read_bytes()


def test_every_kind_and_version_has_its_file() -> None:
    assert {_named(path) for path in PAYLOADS} == set(SHAPES)


def test_no_payload_was_ever_changed() -> None:
    noted = (HERE / "payloads" / "SHA256SUMS").read_text().splitlines()
    assert noted == [
        f"{hashlib.sha256((HERE / 'payloads' / line.split()[1]).read_bytes()).hexdigest()}  {line.split()[1]}"
        for line in noted
    ]
    assert {line.split()[1] for line in noted} == {path.name for path in PAYLOADS}


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_payload_is_read_and_the_newest_version_is_written_the_same(path: Path) -> None:
    kind, version = _named(path)
    fact = thaw(kind, version, path.read_bytes())
    if KIND_OF[type(fact)] == (kind, version):
        assert freeze(fact).payload == path.read_bytes()


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_payload_with_a_field_more_is_read_too(path: Path) -> None:
    kind, version = _named(path)
    grown = json.loads(path.read_bytes()) | {"field_of_tomorrow": [1, {"deep": None}]}
    assert thaw(kind, version, json.dumps(grown).encode()) == thaw(kind, version, path.read_bytes())


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_payload_with_a_field_less_is_refused(path: Path) -> None:
    kind, version = _named(path)
    whole = json.loads(path.read_bytes())
    for name in whole:
        less = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(msgspec.ValidationError, match=name):
            thaw(kind, version, json.dumps(less).encode())


def test_the_server_takes_every_payload_that_was_ever_sent(tmp_path: Path) -> None:
    items = []
    for device_seq, path in enumerate(PAYLOADS, 1):
        kind, version = _named(path)
        payload = path.read_bytes()
        items.append(
            PushItem(
                device_seq=device_seq,
                id=new_id(),
                kind=kind.value,
                schema_v=version,
                sha256=hashlib.sha256(payload).hexdigest(),
                made_at=NOON,
                payload=payload.decode(),
            )
        )
    with running_api(tmp_path / "c.sqlite") as api, Terminal(api.url, TERMINALS[0][1]) as till:
        assert till.answers(*items) == ["created"] * len(items)
        john = till.customer("CUST_001")
        assert (john["points"], john["credit_minor"], john["total_orders"]) == (1_250 + 23 - 300, -100, 88)


def test_every_message_has_its_file() -> None:
    assert {path.stem for path in (HERE / "messages").glob("*.json")} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read_and_written_the_same(name: str) -> None:
    read = msgspec.json.decode(_message(name), type=MESSAGES[name])
    assert msgspec.json.decode(msgspec.json.encode(read)) == json.loads(_message(name))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_with_a_field_more_is_read_too(name: str) -> None:
    grown = json.loads(_message(name)) | {"field_of_tomorrow": {"deep": [1]}}
    read = msgspec.json.decode(json.dumps(grown), type=MESSAGES[name])
    assert read == msgspec.json.decode(_message(name), type=MESSAGES[name])


def test_the_server_sends_the_columns_that_were_agreed(tmp_path: Path) -> None:
    with running_api(tmp_path / "c.sqlite") as api, Terminal(api.url, TERMINALS[0][1]) as till:
        pages = {collection: till.pull(collection) for collection in Collection}
    for collection, page in pages.items():
        agreed = msgspec.json.decode(_message(f"pull_{collection.value}"), type=PullResponse)
        assert (page.schema_v, page.columns) == (agreed.schema_v, agreed.columns)
        assert [type(value) for value in page.rows[0]] == [type(value) for value in agreed.rows[0]]


def test_a_pulled_customer_has_the_fields_of_a_looked_up_one() -> None:
    page = msgspec.json.decode(_message("pull_customers"), type=PullResponse)
    assert tuple(page.columns) == CustomerRow.__struct_fields__
    row = CustomerRow(**dict(zip(page.columns, page.rows[0], strict=True)))
    assert list(msgspec.structs.astuple(row)) == page.rows[0]
