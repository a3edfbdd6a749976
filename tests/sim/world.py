"""What a run is made of: one seed, one clock, one power switch, and no thread, socket or chance beside them."""

from __future__ import annotations

import logging
import random
import types
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import structlog
from structlog.typing import EventDict, WrappedLogger

import central_api.clock
import central_api.routes
import central_api.server_epoch
import pos_desktop.services.customers
import pos_desktop.services.till
from pos_desktop.storage.database import Connection

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
READING = ("SELECT", "PRAGMA", "BEGIN", "ROLLBACK")
CENTRAL_LOG = "central_api"


class PowerCut(BaseException):
    """A till's processes end here."""


class ServerCrash(BaseException):
    """The server's process ends here."""


class Broken(AssertionError):
    """An invariant does not hold.

    Args:
        name: as in ``docs/simulation.md``.
    """

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name


def hold(name: str, condition: object, what: str) -> None:
    """Hold an invariant."""
    if not condition:
        raise Broken(name, what)


class Clock:
    """A clock of one machine: the world's time, and how wrong it is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wrong_by = timedelta()

    def now(self) -> datetime:
        """The instant it shows; each look takes a millisecond."""
        self._world.time += timedelta(milliseconds=1)
        return self._world.time + self.wrong_by


@dataclass
class Power:
    """Cuts a till's power after so many steps; a step is a statement that writes, a commit, or a request."""

    left: int | None = None
    on_cut: Callable[[], None] = lambda: None
    steps: int = 0

    def step(self) -> None:
        """Pass one point at which the power may go."""
        self.steps += 1
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left = None
            self.on_cut()
            raise PowerCut

    @contextmanager
    def armed(self, steps: int | None, on_cut: Callable[[], None]) -> Iterator[None]:
        """Cut after so many steps within the block, if there are as many.

        Args:
            on_cut: called at that instant, before anything unwinds: what is on disk then is what is left.
        """
        self.left, self.on_cut = steps, on_cut
        try:
            yield
        finally:
            self.left = None


@dataclass
class World:
    """One run.

    Args:
        seed: everything follows from it.
        mutant: a planted bug, or empty.
    """

    seed: int
    mutant: str = ""
    time: datetime = START
    faults: Counter[str] = field(default_factory=Counter)
    operations: int = 0
    power: Power = field(default_factory=Power)
    trace: list[str] = field(default_factory=list)
    bad_lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = Clock(self)

    def note(self, line: str) -> None:
        """Write into the story of this run."""
        self.trace.append(line)

    def fault(self, kind: str) -> None:
        """Count a fault, at the moment it happens."""
        self.faults[kind] += 1
        self.note(f"  ! {kind}")


class _CentralTime:
    """In the place of ``datetime`` in the server's clock."""

    world: ClassVar[World]

    @classmethod
    def now(cls, zone: Any) -> datetime:
        """The world's time."""
        return cls.world.clock.now().astimezone(zone)


async def _in_place(work: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return work(*args, **named)


class _Lines(logging.Handler):
    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        self._world.bad_lines.append(self.format(record))


@contextmanager
def ruled_by(world: World) -> Iterator[None]:
    """Let nothing but the seed decide, and power points lie at every write of a till, inside the block."""
    plain = {name: getattr(Connection, name) for name in ("exec_driver_sql", "execute")}

    def watched(name: str) -> Callable[..., Any]:
        def perform(self: object, statement: Any, *rest: Any) -> Any:
            writes = not str(statement).startswith(READING)
            if writes:
                world.power.step()
            answer = plain[name](self, statement, *rest)
            if writes and str(statement) == "COMMIT":
                world.power.step()
            return answer

        return perform

    def collect(_logger: WrappedLogger, method: str, event: EventDict) -> str:
        if method == "exception":
            world.bad_lines.append(str(event))
        raise structlog.DropEvent

    _CentralTime.world = world
    before, logger = structlog.get_config(), logging.getLogger(CENTRAL_LOG)
    level, passes_on, handler = logger.level, logger.propagate, _Lines(world)
    with pytest.MonkeyPatch.context() as patch:
        for name in plain:
            patch.setattr(Connection, name, watched(name))
        patch.setattr(central_api.clock, "datetime", _CentralTime)
        patch.setattr(central_api.routes, "run_in_threadpool", _in_place)
        ids = types.SimpleNamespace(uuid4=lambda: uuid.UUID(int=world.chance.getrandbits(128)))
        patch.setattr(central_api.server_epoch, "uuid", ids)
        entropy = types.SimpleNamespace(token_bytes=world.chance.randbytes)
        patch.setattr(pos_desktop.services.till, "secrets", entropy)
        still = types.SimpleNamespace(perf_counter=lambda: 0.0)
        patch.setattr(pos_desktop.services.customers, "time", still)
        structlog.configure(processors=[collect], cache_logger_on_first_use=False)
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.WARNING)
        try:
            yield
        finally:
            structlog.configure(**before)
            logger.removeHandler(handler)
            logger.propagate = passes_on
            logger.setLevel(level)
