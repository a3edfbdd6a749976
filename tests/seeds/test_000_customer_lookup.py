"""Seed 000, row by row: a customer is looked up when a basket is started.

The till is real, its files are real, and where a row speaks of the API a real central API answers over HTTP; calls are
counted at the server, by its own figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

import main
from central_api.tables.facts import lookup_logs
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import KnownFrom, LookupOutcome, NewCustomer
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.services.views import BasketView, LookupState
from pos_desktop.settings import LookupSettings
from pos_desktop.storage.secrets import open_key_store
from tests.seeds.store import Store, open_store
from tests.support.till_file import rows
from tests.support.tills import running_till

IDENTIFIERS = [
    ("+1234567890", "CUST_001", "John Doe", "GOLD", 1_250),
    ("+0987654321", "CUST_002", "Jane Smith", "PLATINUM", 5_000),
    ("john@example.com", "CUST_001", "John Doe", "GOLD", 1_250),
    ("CARD_123456", "CUST_003", "Bob Wilson", "SILVER", 500),
    ("+5555555555", "CUST_004", "Alice Johnson", "BRONZE", 250),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def journal(store: Store, kind: str) -> list[dict[str, Any]]:
    found = rows(store.shop.folder, "SELECT body FROM journal WHERE kind = ? ORDER BY seq", kind)
    return [json.loads(body) for (body,) in found]


# -- the five test scenarios ------------------------------------------------------------------------------------------


def test_scenario_1_a_basket_started_with_an_identifier_gets_its_customer(store: Store) -> None:
    view = store.start("+1234567890")
    assert view.basket.customer_id == "CUST_001"
    assert view.lookup is LookupState.FOUND
    assert view.customer is not None
    assert (view.customer.customer.name, view.customer.known_from) == ("John Doe", KnownFrom.CACHE)
    assert store.calls() == 1
    (entry,) = store.shop.till.customers.recent_lookups()
    assert (entry.outcome, entry.attempts, entry.customer_name) == ("api", 1, "John Doe")


def test_scenario_2_a_basket_started_without_one_is_a_guests_and_nobody_is_asked(store: Store) -> None:
    view = store.start()
    assert (view.basket.customer_id, view.lookup, view.customer) == (None, LookupState.NONE, None)
    assert store.calls() == 0
    assert store.shop.till.customers.recent_lookups() == ()


def test_scenario_3_the_data_of_a_customer_can_be_asked_for(store: Store) -> None:
    store.start("+1234567890")
    known = store.shop.till.customers.profile("CUST_001")
    john = known.customer
    assert (john.id, john.first_name, john.last_name) == ("CUST_001", "John", "Doe")
    assert (john.email, john.phone, john.tier) == ("john.doe@example.com", "+1234567890", "GOLD")
    assert (known.points, john.total_spent_minor) == (1_250, 543_250)


def test_scenario_4_a_second_lookup_is_answered_by_the_cache_without_a_call(store: Store) -> None:
    store.start("+1234567890")
    view = store.start("+1234567890", terminal="term_002")
    assert view.basket.customer_id == "CUST_001"
    assert store.calls() == 1
    newest = store.shop.till.customers.recent_lookups()[0]
    assert (newest.outcome, newest.attempts) == ("cache", 0)


def test_scenario_5_an_unknown_customer_leaves_a_guest_basket(store: Store) -> None:
    view = store.start("+9999999999")
    assert (view.basket.customer_id, view.lookup) == (None, LookupState.NOT_FOUND)
    assert store.calls() == 1
    newest = store.shop.till.customers.recent_lookups()[0]
    assert (newest.outcome, newest.attempts) == ("not_found", 1)


@pytest.mark.parametrize(("identifier", "customer_id", "name", "tier", "points"), IDENTIFIERS)
def test_the_five_test_identifiers_give_their_customers(
    store: Store, identifier: str, customer_id: str, name: str, tier: str, points: int
) -> None:
    view = store.start(identifier)
    assert view.customer is not None
    customer = view.customer.customer
    assert (customer.id, customer.name, customer.tier, view.customer.points) == (customer_id, name, tier, points)
    assert store.shop.till.customers.recent_lookups()[0].outcome == "api"


@pytest.mark.parametrize(("identifier", "customer_id", "name", "tier", "points"), IDENTIFIERS)
def test_the_five_test_identifiers_are_answered_from_a_loaded_copy_too(
    tmp_path: Path, identifier: str, customer_id: str, name: str, tier: str, points: int
) -> None:
    with running_till(tmp_path) as shop:
        basket = shop.start(identifier)
        shop.run_background()
        view = shop.till.baskets.get(basket)
        assert view.customer is not None
        assert (view.customer.customer.id, view.customer.customer.name) == (customer_id, name)
        assert (view.customer.customer.tier, view.customer.points) == (tier, points)
        assert shop.lookup.calls == []


# -- startBasket and its event ----------------------------------------------------------------------------------------


def test_starting_a_basket_never_waits_for_the_network(store: Store) -> None:
    view = store.shop.till.baskets.start("emp_1", "term_001", "+1234567890")
    assert (view.basket.state, view.lookup, view.basket.customer_id) == (BasketState.OPEN, LookupState.LOOKING, None)
    assert store.calls() == 0
    assert len(store.shop.background) == 1
    view = store.shop.till.baskets.add_product(view.basket.id, "BURGER")
    assert view.due_minor == 899, "it sells while the lookup has not even begun"
    store.shop.run_background()
    assert store.shop.till.baskets.get(view.basket.id).basket.customer_id == "CUST_001"


def test_basket_started_is_told_to_plugins_and_kept_in_the_event_log(store: Store) -> None:
    view = store.start("+1234567890", terminal="term_007")
    store.listener.wait(lambda: bool(store.listener.started))
    assert store.listener.started == [(view.basket.id, "term_007", "emp_1", "+1234567890")]
    (event,) = journal(store, "basket_started")
    assert (event["basket_id"], event["employee_id"], event["terminal_id"]) == (view.basket.id, "emp_1", "term_007")
    assert event["customer_identifier"] != "+1234567890"
    assert event["customer_identifier"].endswith("90")


def test_customer_data_fetched_is_told_to_plugins_and_kept_in_the_event_log(store: Store) -> None:
    view = store.start("CARD_123456")
    store.listener.wait(lambda: bool(store.listener.fetched))
    assert store.listener.fetched == [(view.basket.id, "CUST_003", LookupOutcome.API)]
    (event,) = journal(store, "customer_data_fetched")
    assert event == {"basket_id": view.basket.id, "customer_id": "CUST_003", "source": "api"}


def test_nothing_is_fetched_for_a_guest_or_an_unknown_customer(store: Store) -> None:
    store.start()
    store.start("+9999999999")
    assert journal(store, "customer_data_fetched") == []
    assert store.listener.fetched == []


# -- identifiers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identifier",
    ["+1234567890", " +1 234 567 890 ", "+1-234-567-890", "+1 (234) 567.890", "001234567890", "JOHN@Example.COM"],
)
def test_a_phone_in_any_format_and_an_email_in_any_case_find_the_customer(store: Store, identifier: str) -> None:
    assert store.start(identifier).basket.customer_id == "CUST_001"


def test_a_card_is_taken_exactly(store: Store) -> None:
    assert store.start("CARD_123456").basket.customer_id == "CUST_003"
    assert store.start("CARD_123457").lookup is LookupState.NOT_FOUND


def test_what_is_no_identifier_is_refused_and_starts_no_basket(store: Store) -> None:
    with pytest.raises(BadInput) as refusal:
        store.shop.till.baskets.start("emp_1", "term_001", "???")
    assert refusal.value.code is ErrorCode.IDENTIFIER_UNREADABLE
    assert store.shop.till.baskets.open_baskets() == ()


def test_a_basket_may_be_given_its_identifier_later(store: Store) -> None:
    view = store.start()
    store.shop.till.baskets.identify(view.basket.id, "john@example.com")
    store.shop.run_background()
    assert store.shop.till.baskets.get(view.basket.id).basket.customer_id == "CUST_001"


# -- cache, retries, fallback -----------------------------------------------------------------------------------------


def test_an_answer_older_than_its_lifetime_is_asked_for_again(store: Store) -> None:
    store.start("+1234567890")
    store.shop.clock.advance(3_590)
    store.start("+1234567890")
    assert store.calls() == 1
    store.shop.clock.advance(20)
    store.start("+1234567890")
    assert store.calls() == 2
    assert [entry.outcome for entry in store.shop.till.customers.recent_lookups()] == ["api", "cache", "api"]


def test_when_the_api_is_down_a_stale_copy_answers_and_says_how_old_it_is(store: Store) -> None:
    fetched = store.shop.clock.instant
    store.start("+1234567890")
    store.shop.clock.advance(7_200)
    store.api.stop()
    view = store.start("+1234567890")
    assert view.lookup is LookupState.STALE
    assert view.customer is not None
    assert (view.customer.customer.id, view.customer.points) == ("CUST_001", 1_250)
    assert view.customer.as_of.startswith(fetched.strftime("%Y-%m-%dT%H:%M:"))
    newest = store.shop.till.customers.recent_lookups()[0]
    assert (newest.outcome, newest.attempts, newest.error) == ("stale", 2, "connect")


def test_without_the_fallback_a_stale_copy_is_not_used(store: Store) -> None:
    store.start("+1234567890")
    settings = replace(store.shop.till.lookup_settings(), fallback_to_cache_on_error=False)
    store.shop.till.save_lookup_settings(settings)
    store.shop.clock.advance(7_200)
    store.api.stop()
    view = store.start("+1234567890")
    assert (view.lookup, view.basket.customer_id) == (LookupState.UNREACHABLE, None)


def test_when_nobody_answers_an_unknown_customer_is_not_said_not_to_exist(store: Store) -> None:
    store.api.stop()
    view = store.start("+1234567890")
    assert (view.lookup, view.basket.customer_id) == (LookupState.UNREACHABLE, None)
    assert store.shop.till.baskets.add_product(view.basket.id, "BURGER").due_minor == 899


def test_a_failed_attempt_is_repeated_as_often_as_the_settings_say(store: Store) -> None:
    store.api.stop()
    for attempts in (1, 2, 4):
        settings = replace(store.shop.till.lookup_settings(), retry_attempts=attempts)
        store.shop.till.save_lookup_settings(settings)
        store.start("+1234567890")
        assert store.shop.till.customers.recent_lookups()[0].attempts == attempts


def test_an_unknown_customer_can_be_enrolled_for_the_basket_at_once(store: Store) -> None:
    view = store.start("+4930123456")
    assert view.lookup is LookupState.NOT_FOUND
    assert view.basket.customer_identifier == "+4930123456", "what was typed is there for the enrolment"
    person = NewCustomer("Ada", "Byron", phone=view.basket.customer_identifier)
    known = store.shop.till.customers.enrol(person, "emp_1", view.basket.id)
    view = store.shop.till.baskets.get(view.basket.id)
    assert view.customer is not None
    assert (view.customer.customer.id, view.customer.known_from) == (known.customer.id, KnownFrom.PENDING)


# -- settings ---------------------------------------------------------------------------------------------------------


def test_the_five_settings_have_the_names_and_defaults_of_the_seed(store: Store) -> None:
    assert {item.name: item.default for item in fields(LookupSettings)} == {
        "api_endpoint": "",
        "timeout_seconds": 5,
        "retry_attempts": 2,
        "cache_ttl_seconds": 3600,
        "fallback_to_cache_on_error": True,
    }
    assert store.shop.till.lookup_settings() == LookupSettings()


def test_the_settings_can_be_changed_at_the_till_and_outlive_a_restart(store: Store) -> None:
    other = LookupSettings(f"{store.api.url}/v1/lookup", 7, 3, 60, fallback_to_cache_on_error=False)
    store.shop.till.save_lookup_settings(other)
    assert store.start("+1234567890").basket.customer_id == "CUST_001"
    store.shop.restart()
    assert store.shop.till.lookup_settings() == other
    store.shop.clock.advance(61)
    store.start("+1234567890")
    assert store.calls() == 2, "the shorter lifetime is in force"


def test_an_endpoint_of_its_own_is_the_one_that_is_asked(store: Store) -> None:
    endpoint = f"{store.api.url}/elsewhere"
    store.shop.till.save_lookup_settings(LookupSettings(api_endpoint=endpoint))
    view = store.start("+1234567890")
    assert view.lookup is LookupState.UNREACHABLE
    assert store.calls() == 0


@pytest.mark.parametrize(
    "change",
    [{"timeout_seconds": 0}, {"retry_attempts": 0}, {"cache_ttl_seconds": -1}, {"api_endpoint": "not an address"}],
)
def test_a_setting_out_of_range_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refusal:
        LookupSettings(**change)
    assert refusal.value.code is ErrorCode.SETTING_OUT_OF_RANGE


# -- the log ----------------------------------------------------------------------------------------------------------


def test_every_lookup_is_logged_with_timing_attempts_source_and_outcome(store: Store) -> None:
    store.start("+1234567890")
    store.start("+1234567890")
    store.start("+9999999999")
    store.shop.clock.advance(7_200)
    store.api.stop()
    store.start("+1234567890")
    store.start("CARD_123456")
    entries = list(reversed(store.shop.till.customers.recent_lookups()))
    assert [(entry.outcome, entry.attempts, entry.customer_name, entry.error) for entry in entries] == [
        ("api", 1, "John Doe", ""),
        ("cache", 0, "John Doe", ""),
        ("not_found", 1, "", ""),
        ("stale", 2, "John Doe", "connect"),
        ("unreachable", 2, "", "connect"),
    ]
    assert all(entry.elapsed_ms >= 0 for entry in entries)
    assert [entry.looked_up_at for entry in entries] == sorted(entry.looked_up_at for entry in entries)
    for entry in entries:
        assert "1234567890" not in entry.identifier_masked
        assert "CARD_123456" not in entry.identifier_masked


def test_the_log_reaches_the_central_api_with_the_identifier_masked(store: Store) -> None:
    view = store.start("+1234567890")
    store.start("+9999999999")
    store.push()
    with store.api.engine.connect() as connection:
        kept = connection.execute(sa.select(lookup_logs).order_by(lookup_logs.c.looked_up_at)).mappings().all()
    assert [(row["outcome"], row["attempts"], row["customer_id"], row["identifier_kind"]) for row in kept] == [
        ("api", 1, "CUST_001", "phone"),
        ("not_found", 1, None, "phone"),
    ]
    assert kept[0]["basket_id"] == view.basket.id
    assert kept[0]["elapsed_ms"] >= 0
    local = list(reversed(store.shop.till.customers.recent_lookups()))
    assert [row["identifier_masked"] for row in kept] == [entry.identifier_masked for entry in local]
    for (payload,) in rows(store.shop.folder, "SELECT payload FROM outbox"):
        assert b"1234567890" not in payload
        assert b"9999999999" not in payload


# -- plugins ----------------------------------------------------------------------------------------------------------


def test_the_built_in_plugins_are_listed_and_switched_on(store: Store) -> None:
    built_in = {"customer_lookup", "tier_discount", "recommendation", "fraud_check", "marketing"}
    listed = {view.name: view.enabled for view in store.shop.till.plugins()}
    assert built_in <= set(listed)
    assert all(listed.values())


def test_the_lookup_plugin_can_be_switched_off(store: Store) -> None:
    store.shop.till.enable_plugin("customer_lookup", enabled=False)
    view = store.start("+1234567890")
    assert (view.lookup, view.basket.customer_id) == (LookupState.NONE, None)
    assert view.basket.customer_identifier == "+1234567890"
    assert store.calls() == 0
    store.shop.restart()
    assert store.start("+1234567890").basket.customer_id is None, "it stays off after a restart"
    store.shop.till.enable_plugin("customer_lookup", enabled=True)
    assert store.start("+1234567890").basket.customer_id == "CUST_001"


def test_the_tier_discount_plugin_listens_and_can_be_switched_off(store: Store) -> None:
    def gold_basket() -> BasketView:
        basket = store.shop.till.baskets.start("emp_1", "term_001", "+1234567890").basket.id
        store.shop.till.baskets.add_product(basket, "BURGER")
        store.shop.run_background()
        return store.shop.till.baskets.get(basket)

    view = gold_basket()
    assert [item.adjustment.source for item in view.priced.adjustments] == ["tier_discount"]
    assert view.due_minor == 899 - 45
    store.shop.till.enable_plugin("tier_discount", enabled=False)
    assert gold_basket().due_minor == 899


def test_the_recommendation_plugin_listens_and_can_be_switched_off(store: Store) -> None:
    assert store.start("+1234567890").hint == "plugin.recommendation.offer_points"
    store.shop.till.enable_plugin("recommendation", enabled=False)
    assert store.start("+1234567890").hint == ""


def test_the_fraud_check_plugin_listens_warns_first_and_can_be_switched_off(tmp_path: Path) -> None:
    with running_till(tmp_path) as shop:
        basket = shop.start("2900000000056")
        shop.run_background()
        view = shop.till.baskets.get(basket)
        assert view.customer is not None
        assert view.customer.customer.name == "Viktor Krause"
        assert view.hint == "plugin.fraud_check.blocked"
        shop.till.enable_plugin("fraud_check", enabled=False)
        basket = shop.start("2900000000056")
        shop.run_background()
        assert shop.till.baskets.get(basket).hint == ""


def test_the_marketing_plugin_listens_and_can_be_switched_off(store: Store) -> None:
    noted: list[str] = []

    def note(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
        noted.append(f"{event['event']} {event.get('customer')}")
        raise structlog.DropEvent

    structlog.configure(processors=[note], cache_logger_on_first_use=False)

    def buy() -> None:
        basket = store.start("+1234567890").basket.id
        store.shop.till.baskets.add_product(basket, "BURGER")
        store.shop.till.checkout.pay_cash(basket, 1_000)
        store.shop.till.checkout.finalise(basket)

    buy()
    assert noted == ["customer_recognised CUST_001", "customer_bought CUST_001"]
    store.shop.till.enable_plugin("marketing", enabled=False)
    buy()
    assert len(noted) == 2


# -- the complete flow ------------------------------------------------------------------------------------------------


def test_log_in_start_add_items_view_and_finalise(store: Store) -> None:
    till = store.shop.till
    session = till.staff.log_in("emp_1", "1111")
    basket = till.baskets.start(session.employee.id, "term_001", "+1234567890").basket.id
    till.baskets.add_product(basket, "BURGER")
    store.shop.run_background()
    view = till.baskets.get(basket)
    assert view.basket.customer_id == "CUST_001"
    assert [(line.name, line.unit_price_minor) for line in view.priced.lines] == [("Cheeseburger", 899)]
    till.checkout.begin(basket)
    till.checkout.pay_cash(basket, view.due_minor)
    sale = till.checkout.finalise(basket).sale
    assert till.baskets.get(basket).basket.state is BasketState.COMPLETED
    assert (sale.customer_id, sale.employee_name, sale.total_minor) == ("CUST_001", "Anna Berg", 854)
    store.listener.wait(lambda: store.listener.sold == [basket])


# -- troubleshooting --------------------------------------------------------------------------------------------------


def test_the_doctor_says_whether_the_plugin_is_on_and_the_api_answers(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = store.shop.folder
    open_key_store(folder, prefer_system=False).set(main.TOKEN_NAME, store.api.token)
    monkeypatch.setenv("TILL_API_URL", store.api.url)

    def ask() -> tuple[int, str]:
        code = main.main(["doctor", "--data-dir", str(folder)])
        return code, capsys.readouterr().out

    code, well = ask()
    assert "ok   customer lookup plugin: switched on" in well
    assert f"ok   central API: answers at {store.api.url}" in well
    assert code == 0
    store.shop.till.enable_plugin("customer_lookup", enabled=False)
    store.api.stop()
    code, ill = ask()
    assert "FAIL customer lookup plugin: switched off" in ill
    assert "FAIL central API: " in ill
    assert code == 1
