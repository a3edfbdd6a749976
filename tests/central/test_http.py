"""The door: who may enter, how much may be brought in, and how every no is said."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

import httpx
import msgspec
import pytest
import sqlalchemy as sa
import zstandard

from central_api import tables
from central_api.settings import ApiSettings
from pos_desktop.domain.events import SHAPES
from sync.protocol import (
    HEADS_PATH,
    LOOKUP_PATH,
    MAX_PUSH_BYTES,
    PULL_PATH,
    PUSH_PATH,
    LookupResponse,
    Problem,
    PushResponse,
)
from tests.central.client import Terminal
from tests.support.central import RunningApi, running_api
from tests.support.facts import batch, item, lookup, sale
from tests.support.quiet import LogWatch

GUARDED = [
    ("POST", PUSH_PATH),
    ("GET", f"{PULL_PATH}?c=customers"),
    ("GET", HEADS_PATH),
    ("GET", f"{LOOKUP_PATH}?identifier=%2B1234567890"),
    ("GET", "/v1/sales/summary"),
    ("GET", "/v1/sales/x"),
    ("GET", "/v1/customers/CUST_001"),
]


NO_TOKENS: list[tuple[str | None, str]] = [
    (None, "token_missing"),
    ("", "token_missing"),
    ("Bearer", "token_missing"),
    ("Basic dXNlcjpwYXNz", "token_missing"),
    ("Bearer wrong", "token_unknown"),
    ("Bearer " + "x" * 10_000, "token_unknown"),
]


def test_without_a_valid_token_every_door_is_shut(api: RunningApi) -> None:
    for authorization, code in NO_TOKENS:
        headers = {} if authorization is None else {"Authorization": authorization}
        with httpx.Client(base_url=api.url, headers=headers) as http:
            for method, path in GUARDED:
                response = http.request(method, path)
                problem = msgspec.json.decode(response.content, type=Problem)
                assert (response.status_code, problem.code) == (401, code)
                assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_blocked_terminal_is_refused(api: RunningApi, till: Terminal) -> None:
    with api.engine.begin() as connection:
        connection.execute(sa.update(tables.terminals).where(tables.terminals.c.id == "term_001").values(blocked=True))
    problem = till.problem("GET", HEADS_PATH)
    assert (problem.status, problem.code) == (403, "terminal_blocked")


def test_tokens_are_stored_as_hashes_only(api: RunningApi) -> None:
    with api.engine.connect() as connection:
        stored = connection.execute(sa.select(tables.terminals)).all()
    assert not any(api.token in str(row) for row in stored)


KNOWN = [
    ("+1234567890", "CUST_001"),
    ("+0987654321", "CUST_002"),
    ("john@example.com", "CUST_001"),
    ("CARD_123456", "CUST_003"),
    ("+5555555555", "CUST_004"),
    (" +1 234 567-890 ", "CUST_001"),
    ("JOHN@Example.com", "CUST_001"),
]


def test_the_identifiers_of_seed_000_find_their_customers(till: Terminal) -> None:
    for identifier, customer_id in KNOWN:
        found = till.lookup(identifier)
        assert isinstance(found, LookupResponse)
        assert found.customer is not None
        assert found.customer.id == customer_id


def test_the_unknown_identifier_of_seed_000_is_a_404_with_its_own_code(till: Terminal) -> None:
    found = till.lookup("+9999999999")
    assert isinstance(found, Problem)
    assert (found.status, found.code) == (404, "customer_not_found")


UNREADABLE = ["", " ", "x" * 300, "\x00", "a\ud7ffb" * 100]


def test_an_identifier_that_cannot_be_read_is_a_400(till: Terminal) -> None:
    for identifier in UNREADABLE:
        found = till.lookup(identifier)
        assert isinstance(found, Problem)
        assert (found.status, found.code) == (400, "identifier_unreadable")


def test_unknown_addresses_and_methods_are_problems_too(till: Terminal) -> None:
    assert till.problem("GET", "/v1/nowhere").code == "not_found"
    assert till.problem("DELETE", PUSH_PATH).code == "method_not_allowed"
    assert till.problem("GET", LOOKUP_PATH).code == "bad_parameter"
    assert till.problem("GET", LOOKUP_PATH).errors == {"query.identifier": "Field required"}
    assert till.problem("GET", "/v1/customers/a%00b").code == "customer_not_found"
    assert till.problem("GET", "/v1/sales/a%00b").code == "sale_not_found"
    assert till.problem("GET", "/v1/sales/summary?terminal_id=%00").code == "bad_parameter"
    assert till.problem("GET", "/v1/heads/").code == "not_found"


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"device_epoch":"e","sent_at":"x","oldest_seq":1,"batch":[{"id":"\\ud800"}]}',
    b'{"device_epoch":"e","sent_at":"x","oldest_seq":"1","batch":[]}',
    b'{"device_epoch":"e","sent_at":"x","oldest_seq":1,"batch":{}}',
]


def test_a_body_that_does_not_fit_is_refused_whole(till: Terminal) -> None:
    for body in MALFORMED:
        problem = till.problem("POST", PUSH_PATH, content=body)
        assert (problem.status, problem.code) == (400, "malformed_body")


def test_a_body_that_is_too_large_is_refused(till: Terminal) -> None:
    problem = till.problem("POST", PUSH_PATH, content=b" " * (MAX_PUSH_BYTES + 1))
    assert (problem.status, problem.code) == (413, "body_too_large")


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(till: Terminal) -> None:
    bomb = zstandard.compress(b" " * (64 * 1024 * 1024))
    assert len(bomb) < 10_000
    problem = till.problem("POST", PUSH_PATH, content=bomb, headers={"Content-Encoding": "zstd"})
    assert (problem.status, problem.code) == (413, "body_too_large")


def test_a_frame_that_wants_a_huge_window_is_refused(till: Terminal) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = frame.compress(b"{}") + frame.flush()
    problem = till.problem("POST", PUSH_PATH, content=body, headers={"Content-Encoding": "zstd"})
    assert problem.code == "damaged_body"


BROKEN_FRAMES = [b"", b"not zstd", zstandard.compress(b"{}" * 1_000)[:-5]]


def test_broken_compression_is_damage_on_the_way_and_no_fault_of_the_content(till: Terminal) -> None:
    for body in BROKEN_FRAMES:
        problem = till.problem("POST", PUSH_PATH, content=body, headers={"Content-Encoding": "zstd"})
        assert (problem.status, problem.code) == (400, "damaged_body")


def test_another_compression_is_refused_by_name(till: Terminal) -> None:
    problem = till.problem("POST", PUSH_PATH, content=b"{}", headers={"Content-Encoding": "br"})
    assert (problem.status, problem.code) == (415, "bad_encoding")


def test_a_compressed_batch_is_taken_and_answered_compressed(till: Terminal) -> None:
    body = zstandard.compress(msgspec.json.encode(batch([item(seq, lookup()) for seq in range(1, 51)])))
    response = till.http.post(PUSH_PATH, content=body, headers={"Content-Encoding": "zstd", "Accept-Encoding": "zstd"})
    assert response.headers["Content-Encoding"] == "zstd"
    answers = msgspec.json.decode(response.content, type=PushResponse).answers
    assert {answer.status for answer in answers} == {"created"}


def test_a_caller_that_cannot_unpack_gets_plain_json(till: Terminal) -> None:
    response = till.http.get(HEADS_PATH, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in response.headers


REQUEST_IDS = [("abc-1.x_Y", True), ("a b", False), ("x" * 65, False), ("", False)]


def test_a_sound_request_id_is_echoed_and_any_other_replaced(till: Terminal) -> None:
    for given, kept in REQUEST_IDS:
        response = till.http.get(HEADS_PATH, headers={"X-Request-Id": given})
        echoed = response.headers["X-Request-Id"]
        assert (echoed == given) is kept
        assert 1 <= len(echoed) <= 64


def test_a_fault_is_a_plain_500_and_the_reason_stays_inside(
    till: Terminal, expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("request_failed.*secret inside")
    from central_api import reports

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(reports, "summary", broken)
    problem = till.problem("GET", "/v1/sales/summary")
    assert (problem.status, problem.code, problem.detail) == (500, "server_fault", "")


def test_a_database_that_is_locked_is_a_503_with_a_time_to_come_back(tmp_path: Path, expected_logs: LogWatch) -> None:
    expected_logs("locked.*database_trouble")
    body = msgspec.json.encode(batch([item(1, sale())]))
    file = tmp_path / "central.sqlite"
    with running_api(file, busy_timeout_s=0.01) as api, Terminal(api.url, api.token) as till:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as blocker:
            blocker.execute("BEGIN IMMEDIATE")
            response = till.http.post(PUSH_PATH, content=body)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert isinstance(till.lookup("+1234567890"), LookupResponse)
        response = till.http.post(PUSH_PATH, content=body)
        assert msgspec.json.decode(response.content, type=PushResponse).answers[0].status == "created"


def test_health_readiness_and_figures_need_no_token(api: RunningApi, till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("unknown_kind")
    till.push(item(1, sale()), msgspec.structs.replace(item(2, lookup()), kind="drone_landed"))
    till.lookup("+9999999999")
    with httpx.Client(base_url=api.url) as http:
        assert http.get("/health").json() == {"status": "ok"}
        assert http.get("/ready").json() == {"status": "ready"}
        figures = http.get("/metrics").text
    assert 'central_pushed_items_total{answer="created",code="",kind="sale_completed"} 1.0' in figures
    assert 'central_pushed_items_total{answer="rejected",code="unknown_kind",kind="other"} 1.0' in figures
    assert 'central_lookups_total{outcome="not_found"} 1.0' in figures
    assert 'route="/v1/push",status="200"' in figures


def test_a_database_of_another_version_is_not_ready(api: RunningApi) -> None:
    with api.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with httpx.Client(base_url=api.url) as http:
        assert http.get("/ready").json()["code"] == "not_migrated"


def test_every_request_leaves_one_log_line_without_what_it_asked_for(
    api: RunningApi, till: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="central_api"):
        till.http.get(LOOKUP_PATH, params={"identifier": "+1234567890"}, headers={"X-Request-Id": "find-me"})
        till.push(item(1, sale()))
        api.stop()
    lines = [record.getMessage() for record in caplog.records if record.name == "central_api"]
    assert len(lines) == 2
    assert "find-me" in lines[0]
    assert not any("1234567890" in line or api.token in line for line in lines)


def test_the_limits_can_be_set() -> None:
    assert ApiSettings().max_body_bytes == MAX_PUSH_BYTES
    assert ApiSettings().max_push_items >= len(SHAPES)
