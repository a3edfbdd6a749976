"""Which numbers of an installation arrived, so that a fact that never came is an alarm and not a secret."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.logs import log
from central_api.terminals import Terminal

MAX_NAMED = 100
_SCAN_ROWS = 10_000


def advance(
    connection: sa.Connection, terminal: Terminal, device_epoch: str, *, oldest_kept: int, at: str
) -> tuple[int, list[int]]:
    """Move the mark of an installation up to its first gap, and store it.

    Args:
        oldest_kept: the smallest number that the till still has.
        at: the time now.

    Returns:
        The mark, and the first numbers below the largest arrived that did not arrive: at most 100, looked for among the
        10,000 arrivals above the mark.
    """
    place = {"tenant_id": terminal.tenant_id, "terminal_id": terminal.id, "device_epoch": device_epoch}
    d, a, t = tables.device_epochs, tables.arrivals, tables.terminals
    mine = (t.c.tenant_id == terminal.tenant_id, t.c.id == terminal.id)
    row = connection.execute(sa.select(d).filter_by(**place)).first()
    mark = 0 if row is None else int(row.high_water)
    above = connection.scalars(
        sa.select(a.c.device_seq)
        .filter_by(**place)
        .where(a.c.device_seq > mark)
        .order_by(a.c.device_seq)
        .limit(_SCAN_ROWS)
    ).all()
    mark, missing = _walk(mark, [int(seq) for seq in above])
    largest = max([0 if row is None else int(row.largest), *above[-1:]])
    values = {"high_water": mark, "largest": largest, "last_seen_at": at}
    values["oldest_kept"] = min(max(oldest_kept, 0), 2**53)
    if row is None:
        connection.execute(sa.insert(d), place | values | {"first_seen_at": at})
    else:
        connection.execute(sa.update(d).filter_by(**place).values(**values))
        if device_epoch != connection.scalar(sa.select(t.c.device_epoch).where(*mine)):
            # An installation that comes back after another one took its place: two machines share one token.
            log.warning("installations_alternate", terminal=terminal.id, device_epoch=device_epoch)
    connection.execute(sa.update(t).where(*mine).values(device_epoch=device_epoch, high_water=mark, last_seen_at=at))
    return mark, missing


def of_epoch(connection: sa.Connection, terminal: Terminal, device_epoch: str) -> int:
    """The mark of an installation, 0 for one that never pushed."""
    d = tables.device_epochs
    place = {"tenant_id": terminal.tenant_id, "terminal_id": terminal.id, "device_epoch": device_epoch}
    return int(connection.scalar(sa.select(d.c.high_water).filter_by(**place)) or 0)


def has_pushed(connection: sa.Connection, terminal: Terminal, device_epoch: str) -> bool:
    """Whether any fact of an installation was ever taken: its first one writes its mark in the same transaction."""
    d = tables.device_epochs
    place = {"tenant_id": terminal.tenant_id, "terminal_id": terminal.id, "device_epoch": device_epoch}
    return connection.execute(sa.select(d.c.high_water).filter_by(**place)).first() is not None


def _walk(mark: int, above: list[int]) -> tuple[int, list[int]]:
    missing: list[int] = []
    next_expected = mark + 1
    for seq in above:
        if seq == next_expected and not missing:
            mark = seq
        elif len(missing) < MAX_NAMED:
            missing.extend(range(next_expected, min(seq, next_expected + MAX_NAMED - len(missing))))
        next_expected = seq + 1
    return mark, missing
