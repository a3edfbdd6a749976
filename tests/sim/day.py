"""A day drawn from a seed: what cashiers, the head office and misfortune do, in any order."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from central_api.customers import find
from central_api.database import read
from pos_desktop.domain.customers import LookupOutcome
from pos_desktop.domain.identifiers import IdentifierKind
from pos_desktop.services.views import SyncState
from sync.protocol import Collection
from tests.sim.invariants import Watch, after_push, at_rest, digest, gone
from tests.sim.server import CUSTOMERS_OF_OLD, PRODUCTS, TERMINALS, Server, new_database
from tests.sim.till import Shape, SimTill
from tests.sim.wire import Line
from tests.sim.world import Broken, World, hold, ruled_by
from tests.support.central import TENANT

PHONES = tuple(f"+491510000{n:04}" for n in range(8))
KNOWN_PHONES = ("+1234567890", "+5555555555", "+491520000003")
STEPS = (40, 90)
"""Fewest and most operations of a day."""
ROUNDS = 3
"""L1: turns after which every till is up to date once the faults have stopped."""
MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to.

    Args:
        failure: the invariant that did not hold, or empty.
    """

    seed: int
    operations: int
    faults: Counter[str]
    failure: str
    story: tuple[str, ...]
    digest: str


class Day:
    """One run, from an empty till to all books equal."""

    def __init__(self, world: World, folder: Path) -> None:
        chance = world.chance
        self.world = world
        self.watch = Watch()
        self.deleted: set[str] = set()
        self.server = Server(world, folder, chance.choice((3, 10, 100)))
        self.line = Line(world, self.server, on_pushed=lambda sent, answer: after_push(self.server, sent, answer))
        self.tills = [
            SimTill(world, self.line, folder / name, Shape(name, token, store, chance.choice((2, 3, 7, 50))))
            for name, token, store in TERMINALS[: chance.randint(2, 3)]
        ]
        self.steps: list[tuple[int, Callable[[SimTill], None]]] = [
            (24, self.sell),
            (6, self.enrol),
            (6, self.look_up),
            (2, self.void),
            (24, self.sync),
            (6, self.change_product),
            (6, self.change_customer),
            (2, self.grant),
            (2, self.delete_product),
            (1, self.delete_customer),
            (2, self.restart),
            (3, self.jump),
            (2, self.disk),
            (1, self.lose_cursor),
            (1, self.lose_replica),
            (1, self.plant_poison),
            (1, self.plant_conflict),
            (2, self.back_up),
            (1, self.restore),
        ]

    def close(self) -> None:
        """Let go of everything."""
        for till in self.tills:
            till.close()
        self.server.close()

    def run(self) -> None:
        """Live through it.

        Raises:
            Broken: an invariant does not hold.
        """
        chance = self.world.chance
        for till in self.tills:
            till.turn()
        self.server.back_up()
        self.line.rate = chance.choice((0.1, 0.25, 0.5))
        weights = [weight for weight, _ in self.steps]
        for _ in range(chance.randint(*STEPS)):
            till = chance.choice(self.tills)
            step = chance.choices([step for _, step in self.steps], weights)[0]
            self.world.operations += 1
            self.world.time += timedelta(seconds=chance.randint(1, 120))
            self.world.note(f"{till.shape.terminal_id} {step.__name__}")
            steps = chance.randint(1, 60) if chance.random() < 0.12 else None
            with till.power_may_go(steps):
                step(till)
        self.rest()

    def rest(self) -> None:
        """Let the faults end, and hold everything."""
        self.world.note("rest")
        self.line.quiet()
        self.sell_after_poison()
        for till in self.tills:
            if till.full:
                till.fill_disk(False)
        for number in range(ROUNDS):
            for till in self.tills:
                turn = till.turn()
                self.watch.after_turn(self.server, till)
                hold("L2", number or not self._waiting(till), f"{till.shape.terminal_id}: facts wait behind others")
                hold(
                    "L1",
                    number < ROUNDS - 1 or turn.state is SyncState.UP_TO_DATE,
                    f"{till.shape.terminal_id} is {turn.state} ({turn.error}) after {number + 1} turns",
                )
        at_rest(self.world, self.server, self.tills)
        for till in self.tills:
            gone(till, [one for one in sorted(self.deleted) if one not in self.server.ids("customers")])

    def sell_after_poison(self) -> None:
        """Put something that the server cannot take before something that it can."""
        till = self.world.chance.choice(self.tills)
        self.plant_poison(till)
        till.sell(None, "BURGER", 1, 0, card=False)

    def _waiting(self, till: SimTill) -> bool:
        return bool(till.ask("SELECT 1 FROM outbox WHERE state = 'pending'"))

    # -- cashiers -----------------------------------------------------------------------------------------------

    def sell(self, till: SimTill) -> None:
        """Sell, to somebody or nobody."""
        chance = self.world.chance
        buyer = chance.choice((None, self._somebody(till), self._somebody(till)))
        points = chance.choice((0, 0, 100, 300, 700)) if buyer else 0
        till.sell(buyer, self._product(), chance.randint(1, 4), points, card=chance.random() < 0.3)

    def enrol(self, till: SimTill) -> None:
        """Make somebody a customer whom another till may be enrolling as well."""
        till.enrol(self.world.chance.choice(PHONES))

    def look_up(self, till: SimTill) -> None:
        """Ask who somebody is."""
        phone = self.world.chance.choice((*PHONES, *KNOWN_PHONES))
        result = till.look_up(phone)
        if result is not None and result.outcome is LookupOutcome.NOT_FOUND:
            with read(self.server.engine) as connection:
                known = find(connection, TENANT, IdentifierKind.PHONE, phone)
            hold("S9", known is None, f"{phone} was not found, and is {known}")

    def void(self, till: SimTill) -> None:
        """Throw a basket away."""
        till.void()

    def sync(self, till: SimTill) -> None:
        """A turn of the sync."""
        turn = till.turn()
        self.world.note(f"  {turn.state.value} {turn.error}")
        self.watch.after_turn(self.server, till)

    def _somebody(self, till: SimTill) -> str:
        return self.world.chance.choice((*CUSTOMERS_OF_OLD[:6], *till.enrolled[-3:]))

    def _product(self) -> str:
        return str(self.world.chance.choice(PRODUCTS)["id"])

    # -- the head office ----------------------------------------------------------------------------------------

    def change_product(self, till: SimTill) -> None:
        """Another price."""
        price = self.world.chance.randint(50, 2_000)
        self.server.change(Collection.PRODUCTS, self._product(), price_minor=price)

    def change_customer(self, till: SimTill) -> None:
        """Another note and tier."""
        chance = self.world.chance
        note, tier = f"note {chance.getrandbits(16)}", chance.choice(("BRONZE", "SILVER", "GOLD"))
        customer_id = chance.choice(self.server.ids("customers"))
        self.server.change(Collection.CUSTOMERS, customer_id, note=note, tier=tier)

    def grant(self, till: SimTill) -> None:
        """Points for somebody."""
        self.server.grant(self._somebody(till), self.world.chance.choice((50, 500)))

    def delete_product(self, till: SimTill) -> None:
        """A product goes, or comes back."""
        product = str(self.world.chance.choice(PRODUCTS[1:])["id"])
        if not self.server.make_again(product):
            self.server.delete(Collection.PRODUCTS, product)

    def delete_customer(self, till: SimTill) -> None:
        """A customer goes."""
        customer_id = self.world.chance.choice(CUSTOMERS_OF_OLD[6:])
        self.deleted.add(customer_id)
        self.server.delete(Collection.CUSTOMERS, customer_id)

    # -- misfortune ---------------------------------------------------------------------------------------------

    def restart(self, till: SimTill) -> None:
        """The till is closed and opened."""
        till.restart()

    def jump(self, till: SimTill) -> None:
        """The till's clock is set, forward or back."""
        self.world.fault("clock_jump")
        till.clock.wrong_by += timedelta(seconds=self.world.chance.randint(-200_000, 200_000))

    def disk(self, till: SimTill) -> None:
        """The disk is full, or has room again."""
        if not till.full:
            self.world.fault("disk_full")
        till.fill_disk(not till.full)

    def lose_cursor(self, till: SimTill) -> None:
        """The server no longer knows a cursor."""
        if till.full:
            return
        self.world.fault("cursor_gone")
        till.lose_cursor(self.world.chance.choice(list(Collection)))

    def lose_replica(self, till: SimTill) -> None:
        """The copy is thrown away."""
        self.world.fault("replica_lost")
        till.lose_replica()

    def plant_poison(self, till: SimTill) -> None:
        """A fact that this server does not know yet."""
        if till.full:
            return
        self.world.fault("poison")
        fact_id = till.till._core.new_id()
        till.append(fact_id, "from_tomorrow", json.dumps({"n": fact_id}).encode(), "unknown_kind")

    def plant_conflict(self, till: SimTill) -> None:
        """A fact with the id of one that the server has from somebody else."""
        others = [one for one in self.tills if one is not till]
        other = self.world.chance.choice(others)
        taken = other.ask("SELECT id, kind FROM outbox WHERE state = 'acked' AND kind <> 'sale_completed' ORDER BY id")
        mine = {row[0] for row in till.ask("SELECT id FROM outbox")}
        there = self.server.accepted()
        free = [row for row in taken if row[0] not in mine and row[0] in there]
        if till.full or not free:
            return
        self.world.fault("id_conflict")
        fact_id, kind = self.world.chance.choice(free)
        till.append(fact_id, kind, json.dumps({"other": till.shape.terminal_id}).encode(), "id_conflict")

    def back_up(self, till: SimTill) -> None:
        """The server is backed up."""
        self.server.back_up()

    def restore(self, till: SimTill) -> None:
        """The server is set back."""
        if any("id_conflict" in one.planted.values() for one in self.tills):
            # Set back behind both contents of one id the server could take either: that is another story.
            return
        self.world.fault("server_restored")
        self.server.restore()


def live(seed: int) -> Result:
    """Live through the day of a seed.

    Returns:
        What it came to; a fault of the program itself is a failure as well.
    """
    world = World(seed)
    place = MEMORY if MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="till-sim-", dir=place))
    failure = mark = ""
    # Made once in a process, and not by the chance of the day that comes first.
    new_database()
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        undo.enter_context(ruled_by(world))
        day = Day(world, folder)
        undo.callback(day.close)
        try:
            day.run()
            mark = digest(day.server, day.tills)
        except Broken as broken:
            failure = str(broken)
        except Exception as error:  # noqa: BLE001 - whatever it is, the seed is to be named
            failure = f"raised: {type(error).__name__}: {error}"
    return Result(seed, world.operations, world.faults, failure, tuple(world.trace), mark)
