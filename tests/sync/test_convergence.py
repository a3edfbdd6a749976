"""Two tills, a line that fails at random, and a day's work: when the faults stop, all books are the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from central_api.database import read
from pos_desktop.domain.errors import NotAllowed
from pos_desktop.services.views import SyncState
from pos_desktop.storage import customers
from tests.support.central import RunningApi
from tests.support.proxy import (
    LOGIN_PAGE,
    Behaviour,
    ChaosProxy,
    CutDown,
    CutUp,
    Pass,
    Reset,
    Respond,
    http_response,
    problem,
)
from tests.sync.shops import SyncedTill, central_books, central_facts, central_rows, synced_till

STEPS = 45
PHONES = tuple(f"+49151000000{number:02}" for number in range(6))
KNOWN = ("CUST_001", "CUST_002", "CUST_003", "CUST_004")


class Day:
    """What happens, drawn from one seed."""

    def __init__(self, seed: int, line: ChaosProxy, tills: tuple[SyncedTill, ...]) -> None:
        self.chance = random.Random(seed)
        self.line = line
        self.tills = tills
        self.enrolled: dict[str, list[str]] = {till.terminal_id: [] for till in tills}

    def run(self) -> None:
        for _ in range(STEPS):
            till = self.chance.choice(self.tills)
            step = self.chance.choice((self.sell, self.sell, self.redeem, self.enrol, self.sync, self.sync))
            step(till)

    def somebody(self, till: SyncedTill) -> str:
        return self.chance.choice((*KNOWN, *self.enrolled[till.terminal_id]))

    def sell(self, till: SyncedTill) -> None:
        customer = self.chance.choice((None, self.somebody(till)))
        till.sell(customer, self.chance.randint(1, 4))

    def redeem(self, till: SyncedTill) -> None:
        # More than may be spent is refused, and that is right.
        points = self.chance.choice((100, 200, 300))
        try:
            till.sell(self.somebody(till), 1, points)
        except NotAllowed as refusal:
            assert refusal.code.value.startswith("redeem_above")  # noqa: PT017 - any other refusal is a fault

    def enrol(self, till: SyncedTill) -> None:
        self.enrolled[till.terminal_id].append(till.enrol(self.chance.choice(PHONES), till.terminal_id))

    def sync(self, till: SyncedTill) -> None:
        self.line.plan(*(self.fault() for _ in range(self.chance.randint(0, 3))))
        till.turn()

    def fault(self) -> Behaviour:
        cut = self.chance.randint(0, 6_000)
        return self.chance.choice(
            (
                Reset(),
                CutDown(0),
                CutDown(cut),
                CutUp(cut),
                Pass(),
                Respond(LOGIN_PAGE),
                Respond(problem(503, "database_busy")),
                Respond(http_response(401, b"<html></html>", "text/html")),
            )
        )


@pytest.mark.parametrize("seed", range(4))
def test_when_the_faults_stop_everything_is_there_once_and_all_agree(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, seed: int
) -> None:
    with (
        synced_till(tmp_path / "one", central, line, page_rows=2) as one,
        synced_till(tmp_path / "two", central, line, terminal_id="term_002", page_rows=2) as two,
    ):
        tills = (one, two)
        Day(seed, line, tills).run()
        line.plan()
        for till in (one, two, one, two):
            assert till.turn().state is SyncState.UP_TO_DATE

        # Nothing lost, nothing doubled, not a byte changed.
        assert central_facts(central) == one.facts() | two.facts()
        for till in tills:
            assert set(till.states()) == {"acked"}
            assert central_books(central, till.terminal_id) == till.books()
            numbers = sorted(sale.receipt_number for sale in till.sales())
            assert numbers == list(range(1, len(numbers) + 1))
            assert till.journal_holds()
            with till.file.read() as connection:
                assert customers.pending_ids(connection) == []

        # Every balance is the same at the centre and at both tills, and is the sum of its ledger.
        for customer_id, points in central_rows(central, "customers", "id, points"):
            assert [till.points(customer_id) for till in tills] == [points, points]
            assert ledger_sum(central, customer_id) == points
        for table in ("products", "customers", "customer_aliases"):
            assert one.rows(table) == two.rows(table) == central_rows(central, table)

        # Whoever has one phone is one person, whichever till made them.
        phones = [row[1] for row in central_rows(central, "customers", "id, phone_e164") if row[1]]
        assert len(phones) == len(set(phones))


def ledger_sum(central: RunningApi, customer_id: str) -> int:
    with read(central.engine) as connection:
        found = connection.exec_driver_sql(
            "SELECT coalesce(sum(points), 0) FROM loyalty_entries WHERE customer_id = ?", (customer_id,)
        )
        return int(found.scalar_one())
