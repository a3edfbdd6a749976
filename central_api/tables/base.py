"""The one metadata of the server, and column makers that every table shares."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

# Named constraints: without names a later batch migration on SQLite cannot drop them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)


def tenant() -> sa.Column[str]:
    """The leading column of every table: a distributed PostgreSQL can shard by it."""
    return sa.Column("tenant_id", sa.Text, primary_key=True)


def key(name: str = "id") -> sa.Column[str]:
    """A text key after the tenant: UUIDv7 of a till, or the id a shop gave."""
    return sa.Column(name, sa.Text, primary_key=True)


def text(name: str, *, null: bool = False, optional: bool = False) -> sa.Column[str]:
    """A text column; an ``optional`` one is empty unless said."""
    return sa.Column(name, sa.Text, nullable=null, server_default=sa.text("''") if optional else None)


def number(name: str, *, null: bool = False, optional: bool = False) -> sa.Column[int]:
    """A 64-bit integer: amounts in minor units, thousandths, counters; an ``optional`` one is 0 unless said."""
    return sa.Column(name, sa.BigInteger, nullable=null, server_default=sa.text("0") if optional else None)


def flag(name: str) -> sa.Column[bool]:
    """A truth value, false unless said."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def versioned() -> tuple[sa.Column[Any], ...]:
    """What a pulled row carries: how often it changed, and where its last change lies in the feed."""
    return number("row_version"), number("feed_seq")
