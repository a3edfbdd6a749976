"""Planted bugs: each is one that somebody has shipped, and each must be found within a few days.

``python -m tests.sim.mutants`` plants one after the other and says which seed and which invariant found it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
import zstandard

from central_api import tables
from central_api.database import read, write
from central_api.pull import pull
from central_api.push import push
from pos_desktop.domain.customers import Customer
from pos_desktop.services.customers import ApiUnreachable
from pos_desktop.settings import LookupSettings
from pos_desktop.storage import customers, meta, outbox, replica
from pos_desktop.storage.database import Connection
from pos_desktop.storage.replica import Page, ReplicaWriter
from sync.http import Unreachable
from sync.lookup import LiveLookup
from sync.protocol import ItemStatus, PullResponse, PushRequest, PushResponse
from sync.push import Pusher, PushReport
from tests.sim.day import live
from tests.sim.world import START

SEEDS = 200


def naive_cursor(patch: pytest.MonkeyPatch) -> None:
    """The head of a feed is told before the row that stands there can be seen, as by a sequence and two writers."""

    def late(connection: sa.Connection, *rest: Any) -> PullResponse:
        page = pull(connection, *rest)
        return page if page.more or len(page.rows) < 2 else msgspec.structs.replace(page, rows=page.rows[:-1])

    patch.setattr("central_api.routes.pull", late)


def cursor_before_rows(patch: pytest.MonkeyPatch) -> None:
    """A page's cursor is stored in a transaction of its own, before its rows."""
    plain = ReplicaWriter.apply

    def apply(self: ReplicaWriter, page: Page, now: str) -> None:
        empty = Page(
            page.collection,
            page.columns,
            (),
            (),
            page.cursor,
            page.more,
            page.count,
            page.schema_v,
            page.server_epoch,
        )
        plain(self, empty, now)
        plain(self, page, now)

    patch.setattr(ReplicaWriter, "apply", apply)


def receipts_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The server forgets the ids that it took after a while."""

    def forgetful(engine: sa.Engine, terminal: Any, request: PushRequest, **named: Any) -> PushResponse:
        e = tables.events
        with read(engine) as connection:
            newest = connection.scalar(sa.select(sa.func.max(e.c.received_at)))
        if newest and newest > (START + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z"):
            with write(engine) as connection:
                old = e.c.received_at < newest[:15] + "0"
                connection.execute(sa.delete(e).where(old, e.c.kind != "sale_completed"))
        return push(engine, terminal, request, **named)

    patch.setattr("central_api.routes.push", forgetful)


def transport_is_poison(patch: pytest.MonkeyPatch) -> None:
    """A fact that did not get through three times is put aside."""
    plain = Pusher.push

    def impatient(self: Pusher, now: str, above_seq: int = 0) -> PushReport | None:
        try:
            return plain(self, now, above_seq)
        except Unreachable:
            with self._till.write() as connection:
                connection.exec_driver_sql(
                    "UPDATE outbox SET state = 'parked', last_error = 'too_many_attempts: ' "
                    "WHERE state = 'pending' AND attempts >= 3"
                )
            raise

    patch.setattr(Pusher, "push", impatient)


def no_repush(patch: pytest.MonkeyPatch) -> None:
    """A server that was set back gets nothing again."""
    patch.setattr(outbox, "send_again", lambda _connection, _above: 0)


def refused_stay_behind(patch: pytest.MonkeyPatch) -> None:
    """A server that was set back gets again what it took, and not what it refused."""

    def send_again(connection: Connection, above_seq: int) -> int:
        statement = "UPDATE outbox SET state = 'pending', acked_at = NULL WHERE state = 'acked' AND device_seq > ?"
        return int(connection.exec_driver_sql(statement, (above_seq,)).rowcount)

    patch.setattr(outbox, "send_again", send_again)


def acknowledged_before_sent(patch: pytest.MonkeyPatch) -> None:
    """Facts count as sent when they are read for sending."""
    plain = Pusher._request

    def request(self: Pusher, rows: list[outbox.OutboxRow], oldest: int, now: str) -> PushRequest:
        with self._till.write() as connection:
            outbox.acknowledge(connection, [row.id for row in rows], now)
        return plain(self, rows, oldest, now)

    patch.setattr(Pusher, "_request", request)


def every_answer_is_yes(patch: pytest.MonkeyPatch) -> None:
    """A batch that was answered counts as taken, whatever the answers say."""
    plain = Pusher._take

    def take(self: Pusher, rows: list[outbox.OutboxRow], response: PushResponse, now: str) -> PushReport:
        yes = [msgspec.structs.replace(one, status=ItemStatus.CREATED) for one in response.answers]
        return plain(self, rows, msgspec.structs.replace(response, answers=yes), now)

    patch.setattr(Pusher, "_take", take)


def tombstones_ignored(patch: pytest.MonkeyPatch) -> None:
    """What was deleted at the server stays."""
    patch.setattr(replica, "delete", lambda _connection, _collection, _deleted: None)


def ids_begin_anew(patch: pytest.MonkeyPatch) -> None:
    """After a restart ids follow the clock alone."""
    patch.setattr(meta, "last_id", lambda _connection: "")


def no_checksum(patch: pytest.MonkeyPatch) -> None:
    """Bodies travel without their checksum."""
    plain = zstandard.ZstdCompressor

    def compressor(level: int, write_checksum: bool = False) -> zstandard.ZstdCompressor:
        return plain(level=level, write_checksum=False)

    patch.setattr(zstandard, "ZstdCompressor", compressor)


def own_entries_twice(patch: pytest.MonkeyPatch) -> None:
    """What a till sold is added to a balance that contains it already."""
    plain = customers.own_entries

    def own_entries(till: Connection, ids: Any, *_rest: Any) -> customers.OwnEntries:
        return plain(till, ids, 0)

    patch.setattr(customers, "own_entries", own_entries)


def largest_is_the_mark(patch: pytest.MonkeyPatch) -> None:
    """The server takes the largest number for the last without a gap."""
    patch.setattr("central_api.high_water._walk", lambda mark, above: (max([mark, *above]), []))


def silence_is_nobody(patch: pytest.MonkeyPatch) -> None:
    """A lookup without an answer says that nobody is known."""
    plain = LiveLookup.fetch

    def fetch(self: LiveLookup, identifier: str, settings: LookupSettings) -> tuple[Customer | None, int]:
        try:
            return plain(self, identifier, settings)
        except ApiUnreachable as error:
            return None, error.attempts

    patch.setattr(LiveLookup, "fetch", fetch)


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    plant.__name__: plant
    for plant in (
        naive_cursor,
        cursor_before_rows,
        receipts_forgotten,
        transport_is_poison,
        no_repush,
        refused_stay_behind,
        acknowledged_before_sent,
        every_answer_is_yes,
        tombstones_ignored,
        ids_begin_anew,
        no_checksum,
        own_entries_twice,
        largest_is_the_mark,
        silence_is_nobody,
    )
}


def hunt(name: str, seeds: int) -> tuple[int, str]:
    """Look for a planted bug.

    Args:
        seeds: days to look through at most.

    Returns:
        How many it took, 0 when it was not found; and what did not hold.
    """
    with pytest.MonkeyPatch.context() as patch:
        MUTANTS[name](patch)
        for seed in range(seeds):
            failure = live(seed).failure
            if failure:
                return seed + 1, failure
    return 0, ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant all, and say what found them; the last line is JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    found: dict[str, dict[str, int | str]] = {}
    missed = []
    for name in options.names or MUTANTS:
        seeds, failure = hunt(name, options.seeds)
        print(f"{name}: {f'day {seeds}: {failure[:160]}' if seeds else 'NOT FOUND'}", flush=True)
        if seeds:
            found[name] = {"seeds": seeds, "by": failure.partition(":")[0]}
        else:
            missed.append(name)
    print(json.dumps({"mutants": len(found) + len(missed), "found": found, "missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
