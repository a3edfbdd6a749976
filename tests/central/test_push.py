"""What becomes of pushed facts: once each, in order or not, whatever is wrong with some of them."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from central_api import high_water, tables
from central_api.database import read
from sync.protocol import MAX_PUSH_ITEMS, PUSH_PATH, PushItem
from tests.central.client import Terminal
from tests.support.central import RunningApi
from tests.support.facts import batch, item, lookup, new_id, sale, void, with_
from tests.support.quiet import LogWatch


def _count(api: RunningApi, table: sa.Table) -> int:
    with read(api.engine) as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_batch_sent_twice_is_stored_once(api: RunningApi, till: Terminal) -> None:
    items = [item(seq, sale(receipt_number=seq, journal_seq=seq)) for seq in range(1, 6)]
    assert till.answers(*items) == ["created"] * 5
    assert till.answers(*items) == ["exists"] * 5
    assert till.summary()["count"] == 5
    assert till.summary()["total_minor"] == 5 * 899
    assert _count(api, tables.sale_lines) == 5


def test_a_fact_twice_in_one_batch_is_stored_once(till: Terminal) -> None:
    one = item(1, sale())
    assert till.answers(one, one) == ["created", "exists"]
    assert till.summary()["count"] == 1


def test_a_batch_whose_answer_was_lost_is_answered_the_same_after_a_restart(api: RunningApi, till: Terminal) -> None:
    one = item(1, sale(customer_id="CUST_001"))
    body = msgspec.json.encode(batch([one]))
    with till.http.stream("POST", PUSH_PATH, content=body) as dropped:
        assert dropped.status_code == 200
    assert till.answers(one) == ["exists"]
    assert till.customer("CUST_001")["points"] == 1_250 + 8


def test_the_same_id_with_another_payload_is_a_conflict_that_is_kept(
    api: RunningApi, till: Terminal, expected_logs: LogWatch
) -> None:
    expected_logs("item_buried")
    first, second = item(1, sale()), item(1, sale())
    forged = with_(second, id=first.id)
    assert till.answers(first) == ["created"]
    assert till.answers(forged) == ["id_conflict:id_conflict"]
    assert till.answers(forged) == ["id_conflict:id_conflict"]
    assert till.answers(first) == ["exists"]
    with read(api.engine) as connection:
        letter = connection.execute(sa.select(tables.dead_letters)).one()
    assert (letter.code, letter.times) == ("id_conflict", 2)
    assert msgspec.json.decode(letter.item, type=PushItem) == forged


def test_the_same_sale_under_another_fact_id_is_refused(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("item_rejected")
    done = sale()
    assert till.answers(item(1, done), item(2, done)) == ["created", "rejected:duplicate_fact"]
    assert till.summary()["count"] == 1


def test_one_bad_item_blocks_no_other(api: RunningApi, till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("item_rejected", "item_buried")
    good = [item(seq, sale(receipt_number=seq, journal_seq=seq)) for seq in (1, 3, 5, 7)]
    wrong_hash = with_(item(2, sale()), sha256="0" * 64)
    unknown = with_(item(4, void()), kind="drone_landed")
    odd_sum = item(6, sale(total_minor=1))
    answers = till.answers(good[0], wrong_hash, good[1], unknown, good[2], odd_sum, good[3])
    assert answers == [
        "created",
        "rejected:hash_mismatch",
        "created",
        "rejected:unknown_kind",
        "created",
        "rejected:sums_differ",
        "created",
    ]
    assert till.summary()["count"] == 4
    # A refused fact keeps its payload at the centre: somebody must be able to see what came.
    with read(api.engine) as connection:
        parked = connection.execute(
            sa.select(tables.events.c.code, tables.events.c.payload).where(tables.events.c.status == "rejected")
        ).all()
    assert {(row.code, bytes(row.payload).decode()) for row in parked} == {
        ("unknown_kind", unknown.payload),
        ("sums_differ", odd_sum.payload),
    }


def test_nothing_of_a_refused_sale_remains(api: RunningApi, till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("item_rejected")
    first = sale(customer_id="CUST_001")
    # The second sale's ledger entry has an id that is taken: found only after its lines went in.
    second = sale(customer_id="CUST_001", loyalty=first.loyalty, journal_seq=2)
    assert till.answers(item(1, first), item(2, second)) == ["created", "rejected:duplicate_fact"]
    assert (_count(api, tables.sales), _count(api, tables.sale_lines), _count(api, tables.journal_entries)) == (1, 1, 1)
    assert till.customer("CUST_001")["total_orders"] == 88


def test_a_refused_fact_is_tried_again_when_it_comes_again(
    api: RunningApi, till: Terminal, expected_logs: LogWatch
) -> None:
    expected_logs("unknown_store")
    moved = item(1, sale(store_id="store_2"))
    assert till.answers(moved) == ["rejected:unknown_store"]
    with api.engine.begin() as connection:
        connection.execute(sa.insert(tables.stores).values(tenant_id="demo", id="store_2", name="Second"))
    assert till.answers(moved) == ["created"]
    assert till.answers(moved) == ["exists"]
    assert till.summary()["count"] == 1


def test_a_payload_damaged_on_the_way_does_not_spoil_its_id(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("hash_mismatch")
    whole = item(1, sale())
    assert till.answers(with_(whole, payload=whole.payload.replace("899", "799"))) == ["rejected:hash_mismatch"]
    assert till.answers(whole) == ["created"]


def test_missing_numbers_are_named_until_they_come(till: Terminal) -> None:
    facts = {seq: item(seq, lookup()) for seq in (1, 2, 3, 4, 5, 6, 7)}
    response = till.push(facts[1], facts[2], facts[5], facts[7])
    assert (response.high_water, response.missing) == (2, [3, 4, 6])
    response = till.push(facts[4])
    assert (response.high_water, response.missing) == (2, [3, 6])
    response = till.push(facts[3])
    assert (response.high_water, response.missing) == (5, [6])
    assert till.heads().high_water == 5
    response = till.push(facts[6])
    assert (response.high_water, response.missing) == (7, [])


def test_a_new_installation_counts_from_one(api: RunningApi, till: Terminal) -> None:
    assert till.push(item(1, lookup()), item(2, lookup())).high_water == 2
    with Terminal(api.url, api.token, "epoch-new") as reinstalled:
        response = reinstalled.push(item(1, lookup()))
        assert (response.high_water, response.missing) == (1, [])
        assert reinstalled.heads().high_water == 1


def test_two_installations_that_take_turns_are_reported_and_lose_nothing(
    api: RunningApi, till: Terminal, expected_logs: LogWatch
) -> None:
    expected_logs("installations_alternate")
    with Terminal(api.url, api.token, "epoch-clone") as clone:
        assert till.answers(item(1, sale())) == ["created"]
        assert clone.answers(item(1, sale())) == ["created"]
        assert till.answers(item(2, sale())) == ["created"]
    assert till.summary()["count"] == 3


def test_a_fact_sent_again_under_a_new_number_fills_that_number(api: RunningApi, till: Terminal) -> None:
    one = item(5, sale())
    till.push(one)
    with Terminal(api.url, api.token, "epoch-new") as reinstalled:
        response = reinstalled.push(with_(one, device_seq=1))
        assert [answer.status for answer in response.answers] == ["exists"]
        assert response.high_water == 1


def test_two_facts_with_one_number_are_reported(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("seq_conflict")
    second = item(1, sale(receipt_number=2))
    assert till.answers(item(1, sale()), second) == ["created", "rejected:seq_conflict"]
    # Renumbered, the second is welcome: its id was not used up.
    assert till.answers(with_(second, device_seq=2)) == ["created"]


def test_a_terminal_cannot_speak_for_another(other_till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("wrong_terminal")
    assert other_till.answers(item(1, sale(terminal_id="term_001"))) == ["rejected:wrong_terminal"]
    assert other_till.answers(item(2, lookup())) == ["rejected:wrong_terminal"]


def test_a_sale_of_another_tenant_is_refused(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("wrong_terminal")
    assert till.answers(item(1, sale(tenant_id="somebody_else"))) == ["rejected:wrong_terminal"]


UNREADABLE = [
    ('"Cheeseburger"', '"Cheese\\u0000burger"'),
    ('"Cheeseburger"', '"Cheese\\ud800burger"'),
    ('"Cheeseburger"', '"' + "x" * 501 + '"'),
    ('"total_minor":899', '"total_minor":9223372036854775808'),
    ('"total_minor":899', '"total_minor":899.0'),
    ('"total_minor":899', '"total_minor":"899"'),
    ('"total_minor":899', '"total_minor":NaN'),
    ('"total_minor":899', '"total_minor":null'),
    ('"lines":[', '"lines":' + "[" * 5_000),
    ("{", ""),
]


def test_a_payload_that_cannot_be_read_is_refused_with_its_reason(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("bad_payload")
    for device_seq, (old, new) in enumerate(UNREADABLE, 1):
        whole = item(2 * device_seq, sale())
        payload = whole.payload.replace(old, new, 1)
        assert payload != whole.payload
        broken = with_(whole, payload=payload, sha256=hashlib.sha256(payload.encode()).hexdigest())
        answers = till.answers(broken, item(2 * device_seq + 1, lookup()))
        assert answers == ["rejected:bad_payload", "created"], new


UNSOUND: list[dict[str, object]] = [
    {"id": ""},
    {"id": "a\x00b"},
    {"id": "a" * 65},
    {"id": "../up"},
    {"kind": "SALE"},
    {"kind": "sale\x00"},
    {"sha256": "F" * 64},
    {"made_at": "yesterday"},
    {"device_seq": 0},
    {"device_seq": -1},
    {"device_seq": 2**63},
    {"device_seq": 10**30},
    {"schema_v": 0},
    {"schema_v": 2**64},
]


def test_an_item_that_is_no_sound_item_is_kept_aside(api: RunningApi, till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("bad_envelope")
    for number, fields in enumerate(UNSOUND, 1):
        broken = with_(item(2 * number, lookup()), **fields)
        good = item(2 * number + 1, lookup())
        assert till.answers(broken, good) == ["rejected:bad_envelope", "created"], fields
        assert till.answers(broken, good) == ["rejected:bad_envelope", "exists"], fields
        assert _count(api, tables.dead_letters) == number


def test_a_payload_with_a_raw_nul_is_refused(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("bad_payload")
    payload = item(1, sale()).payload.replace("Cheeseburger", "Cheese\x00burger")
    broken = with_(item(1, sale()), payload=payload, sha256=hashlib.sha256(payload.encode()).hexdigest())
    assert till.answers(broken) == ["rejected:bad_payload"]


def test_a_batch_that_is_too_long_is_refused_whole(api: RunningApi, till: Terminal) -> None:
    items = [item(seq, lookup()) for seq in range(1, MAX_PUSH_ITEMS + 2)]
    problem = till.problem("POST", PUSH_PATH, content=msgspec.json.encode(batch(items)))
    assert (problem.status, problem.code) == (413, "batch_too_large")
    assert _count(api, tables.events) == 0


def test_a_device_epoch_that_is_no_id_is_refused(till: Terminal) -> None:
    body = msgspec.json.encode(batch([item(1, lookup())], device_epoch="a\x00"))
    assert till.problem("POST", PUSH_PATH, content=body).code == "bad_device_epoch"


def test_a_fault_of_the_server_keeps_the_item_at_the_till_and_lets_the_others_through(
    api: RunningApi, till: Terminal, expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("item_failed")
    from central_api import push
    from central_api.ingest import Ingest

    def broken(_ingest: Ingest, _fact: object) -> None:
        raise ZeroDivisionError

    key = next(key for key in push.HANDLERS if key[0] == "lookup_logged")
    monkeypatch.setitem(push.HANDLERS, key, broken)
    failing = item(1, lookup())
    assert till.answers(failing, item(2, sale())) == ["retry:server_fault", "created"]
    assert till.push().missing == [1]
    monkeypatch.undo()
    assert till.answers(failing) == ["created"]
    assert till.push().high_water == 2


def test_a_sale_can_be_read_back_as_it_was_frozen(till: Terminal) -> None:
    done = sale(customer_id="CUST_001", redeem_points=100)
    one = item(1, done)
    till.push(one)
    shown = till.http.get(f"/v1/sales/{done.id}")
    assert one.payload in shown.text
    assert (shown.json()["event_id"], shown.json()["sha256"]) == (one.id, one.sha256)
    assert till.problem("GET", f"/v1/sales/{new_id()}").code == "sale_not_found"


@given(st.lists(st.integers(1, 40), unique=True), st.data())
def test_the_mark_is_the_first_gap_and_the_missing_are_the_rest(arrived: list[int], data: st.DataObject) -> None:
    mark = next(seq for seq in range(42) if seq + 1 not in arrived)
    start = data.draw(st.integers(0, mark))
    found, missing = high_water._walk(start, sorted(seq for seq in arrived if seq > start))
    assert found == mark
    assert missing == [seq for seq in range(1, max(arrived, default=0)) if seq not in arrived]


def test_a_huge_gap_names_a_hundred_numbers_and_no_more() -> None:
    found, missing = high_water._walk(0, [1, 10**15, 10**15 + 2])
    assert found == 1
    assert missing == list(range(2, 102))
