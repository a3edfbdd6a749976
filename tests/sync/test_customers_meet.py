"""Balances and people as tills and centre see them: everything counted once, in whatever order word travels."""

from __future__ import annotations

import itertools
from pathlib import Path

from pos_desktop.domain.customers import LookupOutcome
from pos_desktop.services.views import SyncState
from pos_desktop.storage import customers
from sync.protocol import Collection
from tests.support.central import RunningApi
from tests.support.proxy import LOGIN_PAGE, ChaosProxy, CutDown, Respond
from tests.support.quiet import LogWatch
from tests.sync.shops import SyncedTill, central_books, central_rows, synced_till

NOW = "2026-11-20T08:00:00.000Z"
ORDERS = list(itertools.permutations(("push", "pull", "other", "ask")))
START_POINTS = 500
"""What CUST_003 begins with."""


def test_a_balance_counts_the_own_sale_once_whichever_way_word_travels(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, till: SyncedTill
) -> None:
    with synced_till(tmp_path / "other", central, terminal_id="term_002") as other:
        for round_, steps in enumerate(ORDERS):
            known = till.points("CUST_002")
            own = sum(entry.points for entry in till.sell("CUST_002", 2, points=100).loyalty)
            assert till.points("CUST_002") == known + own
            others = told = 0
            for step in steps:
                if step == "push" and round_ % 2:
                    line.plan(CutDown(0))
                    assert till.turn().state is SyncState.OFFLINE
                elif step == "push":
                    assert till.pusher.push(NOW) is not None
                elif step == "other":
                    others = sum(entry.points for entry in other.sell("CUST_002").loyalty)
                    other.turn()
                elif step == "pull":
                    till.puller.pull_page(Collection.CUSTOMERS, NOW)
                    told = others
                else:
                    till.clock.advance(7_200)
                    assert till.till.customers.lookup("+0987654321").outcome is LookupOutcome.API
                    told = others
                assert till.points("CUST_002") == known + own + told, (steps, step)
            till.turn()
            other.turn()
            assert till.points("CUST_002") == other.points("CUST_002") == known + own + others
            assert central_rows(central, "customers", "id, points")[1] == ("CUST_002", known + own + others)


def test_two_tills_that_enrol_the_same_phone_offline_have_one_customer_in_the_end(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, till: SyncedTill
) -> None:
    with synced_till(tmp_path / "other", central, line, terminal_id="term_002") as other:
        with line.refused():
            here, there = till.enrol("0151 2345 6789"), other.enrol("+49 151 23456789", "Eleanora")
            assert here != there
            earned = sum(e.points for e in till.sell(here, 3).loyalty) + sum(
                e.points for e in other.sell(there).loyalty
            )
            assert till.turn().state is other.turn().state is SyncState.OFFLINE
        for one in (till, other, till, other):
            assert one.turn().state is SyncState.UP_TO_DATE
        ((customer_id, points),) = [
            row for row in central_rows(central, "customers", "id, points") if not row[0].startswith("CUST")
        ]
        assert (customer_id, points) == (here, earned)
        for one, mine in ((till, here), (other, there)):
            # The id that a till gave stays good at it, and leads to the one customer with the sales of both.
            assert one.till.customers.profile(mine).customer.id == customer_id
            assert one.points(mine) == earned
            assert one.till.customers.lookup("015123456789").known is not None
            assert len(one.rows("customer_aliases", "id, row_version, customer_id")) == 2
            with one.file.read() as connection:
                assert customers.pending_ids(connection) == []
        assert central_books(central)["count"] == 2


def test_somebody_enrolled_here_is_found_here_at_once_and_there_after_both_synced(
    tmp_path: Path, central: RunningApi, till: SyncedTill
) -> None:
    with synced_till(tmp_path / "other", central, terminal_id="term_002") as other:
        here = till.enrol("0151 2345 6789")
        assert till.till.customers.lookup("0151 23456789").known is not None
        till.turn()
        other.turn()
        found = other.till.customers.search("Neumann")
        assert [one.customer.id for one in found] == [here]


def test_a_new_installation_is_told_nothing_of_its_predecessors_numbers(
    tmp_path: Path, central: RunningApi, till: SyncedTill
) -> None:
    for _ in range(3):
        till.sell("CUST_003")
    till.turn()
    before = till.points("CUST_003")
    with synced_till(tmp_path / "reinstalled", central, epoch="epoch-after") as fresh:
        assert fresh.points("CUST_003") == before
        # Its own numbers begin anew, far below those of the installation before.
        earned = sum(entry.points for entry in fresh.sell("CUST_003").loyalty)
        assert fresh.points("CUST_003") == before + earned
        fresh.clock.advance(7_200)
        assert fresh.till.customers.lookup("CARD_123456").outcome is LookupOutcome.API
        assert fresh.points("CUST_003") == before + earned
        fresh.turn()
        assert fresh.points("CUST_003") == before + earned


def test_behind_a_login_page_the_stale_copy_answers_and_nothing_is_learned(
    line: ChaosProxy, till: SyncedTill, expected_logs: LogWatch
) -> None:
    till.clock.advance(7_200)
    line.plan(then=Respond(LOGIN_PAGE))
    found = till.till.customers.lookup("CARD_123456")
    assert (found.outcome, found.attempts, found.error) == (LookupOutcome.STALE, 2, "not_ours")
    assert found.known is not None
    assert found.known.points == START_POINTS
    nobody = till.till.customers.lookup("+4930123456")
    assert (nobody.outcome, nobody.known) == (LookupOutcome.UNREACHABLE, None)
