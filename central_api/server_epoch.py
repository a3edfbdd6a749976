"""The epoch of this database: another one tells tills that the server was set back, so that they push again."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from central_api import tables

_KEY = "epoch"


def server_epoch(connection: sa.Connection) -> str:
    """The epoch, as migration made it or :func:`begin_new_epoch` changed it."""
    return str(connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == _KEY)).scalar_one())


def begin_new_epoch(connection: sa.Connection) -> str:
    """Begin a new epoch: after the first migration, and after every restore from a backup.

    Returns:
        The new epoch. Every cursor of the old one is gone with it.
    """
    epoch = uuid.uuid4().hex
    connection.execute(sa.delete(tables.meta).where(tables.meta.c.key == _KEY))
    connection.execute(sa.insert(tables.meta).values(key=_KEY, value=epoch))
    return epoch
