"""The live lookup: as many attempts as set, no longer than set, and only the centre's word is an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pos_desktop.services.customers import ApiUnreachable
from pos_desktop.settings import LookupSettings
from sync.lookup import LiveLookup
from sync.protocol import LOOKUP_PATH
from tests.support.central import RunningApi
from tests.support.proxy import (
    LOGIN_PAGE,
    Behaviour,
    Blackhole,
    ChaosProxy,
    CutDown,
    Drip,
    Reset,
    Respond,
    http_response,
    problem,
    running_proxy,
)

SETTINGS = LookupSettings(timeout_seconds=5, retry_attempts=3)
BUSY = Respond(problem(503, "database_busy"))
BODY = (
    b'{"server_epoch":"e","server_time":"t","customer":{"id":"X","row_version":1,"first_name":"","last_name":"","phone":"",'
    b'"phone_e164":"","email":"","card":"","tier":"","status":"%s","vip":false,"points":1,"credit_minor":0,'
    b'"total_spent_minor":0,"total_orders":0,"note":"","own_seq":0}}'
)


@pytest.fixture
def waits() -> list[float]:
    """The pauses between attempts."""
    return []


@pytest.fixture
def live(central: RunningApi, line: ChaosProxy, waits: list[float]) -> Iterator[LiveLookup]:
    lookup = LiveLookup(line.url, central.token, waits.append)
    yield lookup
    lookup.close()


def test_a_customer_is_found_with_one_request(line: ChaosProxy, live: LiveLookup, waits: list[float]) -> None:
    found, attempts = live.fetch("john@example.com", SETTINGS)
    assert found is not None
    assert (found.id, found.points, found.phone_e164, attempts) == ("CUST_001", 1250, "+1234567890", 1)
    assert waits == []


def test_nobody_is_an_answer_and_not_asked_again(line: ChaosProxy, live: LiveLookup) -> None:
    assert live.fetch("+4930123456", SETTINGS) == (None, 1)
    assert line.connections == 1


@pytest.mark.parametrize(
    "fault",
    [BUSY, Reset(), CutDown(0), CutDown(60), Respond(LOGIN_PAGE), Respond(problem(429, "too_many"))],
    ids=["busy", "reset", "answer lost", "answer cut", "login page", "too many"],
)
def test_a_fault_that_may_pass_is_tried_again(
    line: ChaosProxy, live: LiveLookup, waits: list[float], fault: Behaviour
) -> None:
    line.plan(fault, fault)
    found, attempts = live.fetch("CARD_123456", SETTINGS)
    assert found is not None
    assert (found.id, attempts, line.connections) == ("CUST_003", 3, 3)
    assert len(waits) == 2
    assert all(0 <= wait <= 1 for wait in waits)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(BUSY, "http_503"), (Respond(LOGIN_PAGE), "not_ours"), (CutDown(0), "broken")],
    ids=["busy", "login page", "answer lost"],
)
@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_after_the_attempts_that_are_set_it_is_given_up_with_the_reason(
    line: ChaosProxy, live: LiveLookup, fault: Behaviour, reason: str, attempts: int
) -> None:
    line.plan(then=fault)
    with pytest.raises(ApiUnreachable) as trouble:
        live.fetch("CARD_123456", replace(SETTINGS, retry_attempts=attempts))
    assert (trouble.value.attempts, trouble.value.reason) == (attempts, reason)
    assert line.connections == attempts


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (problem(400, "identifier_unreadable"), "identifier_unreadable"),
        (problem(401, "token_unknown"), "token_unknown"),
        (problem(404, "not_found"), "not_found"),
    ],
)
def test_a_refusal_is_not_tried_again(line: ChaosProxy, live: LiveLookup, answer: bytes, reason: str) -> None:
    line.plan(Respond(answer))
    with pytest.raises(ApiUnreachable) as trouble:
        live.fetch("CARD_123456", SETTINGS)
    assert (trouble.value.attempts, trouble.value.reason) == (1, reason)
    assert line.connections == 1


@pytest.mark.parametrize("fault", [Blackhole(), Drip(0.05)], ids=["nothing comes back", "a byte now and then"])
def test_the_time_that_is_set_bounds_the_whole_attempt(line: ChaosProxy, live: LiveLookup, fault: Behaviour) -> None:
    line.plan(fault)
    with pytest.raises(ApiUnreachable) as trouble:
        live.fetch("CARD_123456", LookupSettings(timeout_seconds=1, retry_attempts=1))
    assert (trouble.value.attempts, trouble.value.reason) == (1, "timeout")


def test_nobody_listening_is_unreachable(line: ChaosProxy, live: LiveLookup) -> None:
    with line.refused(), pytest.raises(ApiUnreachable) as trouble:
        live.fetch("CARD_123456", SETTINGS)
    assert (trouble.value.attempts, trouble.value.reason) == (3, "connect")


def test_a_not_found_of_somebody_else_is_not_nobody(line: ChaosProxy, live: LiveLookup) -> None:
    line.plan(then=Respond(http_response(404, b'{"code": "customer_not_found"}', "application/json")))
    with pytest.raises(ApiUnreachable, match="not_ours"):
        live.fetch("CARD_123456", SETTINGS)


def test_a_status_of_a_newer_server_is_no_crash(line: ChaosProxy, live: LiveLookup) -> None:
    line.plan(Respond(http_response(200, BODY % b"ACTIVE", "application/json")))
    found, _ = live.fetch("x", SETTINGS)
    assert found is not None
    line.plan(then=Respond(http_response(200, BODY % b"GHOST", "application/json")))
    with pytest.raises(ApiUnreachable, match="not_ours"):
        live.fetch("x", SETTINGS)


def test_an_endpoint_of_the_settings_is_asked_in_place_of_the_centres(
    central: RunningApi, line: ChaosProxy, live: LiveLookup
) -> None:
    with running_proxy(central.port) as elsewhere:
        own = replace(SETTINGS, api_endpoint=elsewhere.url + LOOKUP_PATH)
        found, _ = live.fetch("CARD_123456", own)
        assert found is not None
        assert (found.id, elsewhere.connections, line.connections) == ("CUST_003", 1, 0)
        live.close()


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/lookup", "http://no.such.host.invalid/lookup"])
def test_an_endpoint_that_is_nowhere_is_unreachable(live: LiveLookup, endpoint: str) -> None:
    with pytest.raises(ApiUnreachable, match="connect"):
        live.fetch("CARD_123456", replace(SETTINGS, retry_attempts=1, api_endpoint=endpoint))
