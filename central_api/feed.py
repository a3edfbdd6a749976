"""The change feed: which rows changed after which, and the cursors that tills keep.

Every pulled row carries ``row_version`` (how often it changed) and ``feed_seq`` (where its last change lies among all
changes of its collection). Both are written here and nowhere else, as the last thing in a transaction: the counter's row
is then locked from the stamp to the commit, so that no later number can become visible before an earlier one, and no till
can step over a change. (Plain sequences lose rows for ever under concurrent writers.)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from central_api import tables
from central_api.clock import now
from central_api.problems import ApiProblem
from sync.protocol import Collection

TABLE_OF: dict[Collection, sa.Table] = {
    Collection.SETTINGS: tables.settings,
    Collection.EMPLOYEES: tables.employees,
    Collection.TAXES: tables.taxes,
    Collection.CATEGORIES: tables.categories,
    Collection.PRODUCTS: tables.products,
    Collection.CUSTOMERS: tables.customers,
    Collection.CUSTOMER_ALIASES: tables.customer_aliases,
}


class Changes:
    """The rows that a transaction changed, to be stamped once before it commits. A row counts once, however often."""

    def __init__(self) -> None:
        self._ids: dict[Collection, dict[str, None]] = {}

    def touch(self, collection: Collection, row_id: str) -> None:
        """Note that a row was inserted or changed."""
        self._ids.setdefault(collection, {})[row_id] = None

    def merge(self, other: Changes) -> None:
        """Take over what another part of the same transaction changed."""
        for collection, ids in other._ids.items():
            self._ids.setdefault(collection, {}).update(ids)

    def stamp(self, connection: sa.Connection, tenant_id: str) -> None:
        """Give every touched row its next version and feed position."""
        for collection in Collection:
            ids = self._ids.get(collection)
            if not ids:
                continue
            table = TABLE_OF[collection]
            # Every row that was committed has its position; those without one are what this transaction inserted.
            unstamped = sa.select(sa.func.count()).where(table.c.tenant_id == tenant_id, table.c.feed_seq == 0)
            added = int(connection.execute(unstamped).scalar_one())
            first = take(connection, tenant_id, collection.value, len(ids), added=added)
            connection.execute(
                sa.update(table)
                .where(table.c.tenant_id == tenant_id, table.c.id == sa.bindparam("row_key"))
                .values(row_version=table.c.row_version + 1, feed_seq=sa.bindparam("new_seq")),
                [{"row_key": row_id, "new_seq": first + offset} for offset, row_id in enumerate(ids)],
            )
        self._ids.clear()


def take(connection: sa.Connection, tenant_id: str, counter: str, count: int = 1, *, added: int = 0) -> int:
    """Take the next numbers of a counter of one tenant.

    Args:
        counter: a collection, or ``customer_number``.
        count: how many numbers, at least 1.
        added: how many rows the collection gains by what the numbers are for; below zero it loses some.

    Returns:
        The first of them; counters start at 1.
    """
    feed = tables.feed_counters
    bump = (
        sa.update(feed)
        .where(feed.c.tenant_id == tenant_id, feed.c.collection == counter)
        .values(seq=feed.c.seq + count, live=feed.c.live + added)
        .returning(feed.c.seq)
    )
    last = connection.scalar(bump)
    if last is None:
        connection.execute(sa.insert(feed).values(tenant_id=tenant_id, collection=counter, seq=count, live=added))
        return 1
    return int(last) - count + 1


def bury(connection: sa.Connection, tenant_id: str, collection: Collection, row_ids: Iterable[str]) -> None:
    """Delete rows and leave tombstones, so that every till deletes them as well.

    Args:
        row_ids: rows of that collection; ids that are not there are passed over.
    """
    table = TABLE_OF[collection]
    for row_id in row_ids:
        found = connection.execute(
            sa.delete(table)
            .where(table.c.tenant_id == tenant_id, table.c.id == row_id)
            .returning(table.c.row_version, *([table.c.store_id] if "store_id" in table.c else []))
        ).first()
        if found is None:
            continue
        connection.execute(
            sa.insert(tables.tombstones).values(
                tenant_id=tenant_id,
                collection=collection.value,
                id=row_id,
                row_version=found.row_version + 1,
                feed_seq=take(connection, tenant_id, collection.value, added=-1),
                store_id=found.store_id if "store_id" in table.c else None,
                deleted_at=now(),
            )
        )


class _Cursor(msgspec.Struct, frozen=True, rename={"collection": "c", "epoch": "e", "seq": "s"}):
    collection: Collection
    epoch: str
    seq: int


def write_cursor(collection: Collection, epoch: str, seq: int) -> str:
    """Write a cursor: opaque to tills, so that what lies in it can change."""
    packed = msgspec.json.encode(_Cursor(collection, epoch, seq))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def read_cursor(text: str, collection: Collection, epoch: str, newest: int) -> int:
    """Read a cursor back.

    Args:
        text: as the till stored it; empty starts from the beginning.
        epoch: of this server; ``newest`` the last feed position of the collection.

    Returns:
        The feed position up to which the till has everything.

    Raises:
        ApiProblem: ``cursor_gone`` (410) for one that cannot be read, is of another server epoch or from beyond the
            feed's end: the till must load the collection anew. ``bad_cursor`` (400) for one of another collection.
    """
    if not text:
        return 0
    try:
        packed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        cursor = msgspec.json.decode(packed, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise ApiProblem(410, "cursor_gone", "This is no cursor of this server; load the collection anew.") from None
    if cursor.collection is not collection:
        raise ApiProblem(400, "bad_cursor", f"This is no cursor of the collection {collection.value}.")
    if cursor.epoch != epoch or not 0 <= cursor.seq <= newest:
        raise ApiProblem(410, "cursor_gone", "The feed no longer holds this cursor; load the collection anew.")
    return cursor.seq


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a collection of a tenant stands: its last feed position, 0 while it is empty, and how many rows it holds."""

    newest: int = 0
    live: int = 0


def standings(connection: sa.Connection, tenant_id: str) -> dict[str, Standing]:
    """Where every collection of a tenant stands; one that never had a row is left out."""
    feed = tables.feed_counters.c
    found = connection.execute(sa.select(feed.collection, feed.seq, feed.live).where(feed.tenant_id == tenant_id))
    return {collection: Standing(int(seq), int(live)) for collection, seq, live in found}


def revive(connection: sa.Connection, tenant_id: str, collection: Collection, row_ids: Sequence[str]) -> dict[str, int]:
    """Take away the tombstones of rows that are made again.

    Returns:
        The version each had, which the new row must start from: a till ignores what is not newer.
    """
    graves = tables.tombstones
    gone = connection.execute(
        sa.delete(graves)
        .where(graves.c.tenant_id == tenant_id, graves.c.collection == collection.value, graves.c.id.in_(row_ids))
        .returning(graves.c.id, graves.c.row_version)
    )
    return {row.id: int(row.row_version) for row in gone}
