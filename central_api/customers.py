"""Customers: who an identifier or an id means, who two enrolments are, and what their sales make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from central_api import tables
from central_api.high_water import has_pushed
from central_api.terminals import Terminal
from pos_desktop.domain.errors import UserError
from pos_desktop.domain.identifiers import Identifier, IdentifierKind, email_folded, phone_e164
from pos_desktop.domain.money import round_div
from sync.protocol import CustomerRow

ALIAS_ID = "id"
_ROW_FIELDS = CustomerRow.__struct_fields__
assert _ROW_FIELDS[-1] == "own_seq", "worked out from two ledgers, behind the columns that a customer has"
_LEDGERS = (tables.loyalty_entries, tables.credit_entries)


class StoreRules(msgspec.Struct, frozen=True):
    """What of a store's settings decides how identifiers are read. ``ZZ`` reads international phone numbers only."""

    region: str = "ZZ"
    loyalty_card_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """The normalised identifiers of a person; one that is malformed is empty here and never matches anybody."""

    phone_e164: str
    email_folded: str
    card: str


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer's statistics need of a sale: its total in minor units, and when, UTC ISO 8601."""

    total_minor: int
    completed_at: str


def store_rules(connection: sa.Connection, terminal: Terminal) -> StoreRules:
    """Read how identifiers are written at a terminal's store."""
    s = tables.settings
    body = connection.scalar(
        sa.select(s.c.body).where(
            s.c.tenant_id == terminal.tenant_id, s.c.store_id == terminal.store_id, s.c.name == "shop"
        )
    )
    return StoreRules() if body is None else msgspec.json.decode(body, type=StoreRules)


def contact(phone: str, email: str, card: str, region: str) -> Contact:
    """Normalise what a person gave.

    Args:
        region: ISO 3166 code of the store, by which national phone numbers are read.
    """
    return Contact(_or_empty(phone_e164, phone, region), _or_empty(email_folded, email), card.strip())


def _or_empty(normalise: Any, text: str, *more: str) -> str:
    if not text.strip():
        return ""
    try:
        return str(normalise(text, *more))
    except UserError:
        return ""


_c, _a = tables.customers.c, tables.customer_aliases.c
_RESOLVE = sa.union_all(
    sa.select(_c.id).where(_c.tenant_id == sa.bindparam("tenant"), _c.id == sa.bindparam("said")),
    sa.select(_a.customer_id).where(
        _a.tenant_id == sa.bindparam("tenant"), _a.kind == ALIAS_ID, _a.value == sa.bindparam("said")
    ),
)


def resolve(connection: sa.Connection, tenant_id: str, customer_id: str) -> str | None:
    """Say which customer an id means today.

    Args:
        customer_id: of a customer, or one that a till gave to a person who was already known.

    Returns:
        The id of the customer here, or None when the id is not known (yet).
    """
    found = connection.scalar(_RESOLVE, {"tenant": tenant_id, "said": customer_id})
    return None if found is None else str(found)


def resolve_all(connection: sa.Connection, tenant_id: str, customer_ids: Sequence[str]) -> dict[str, str]:
    """Say which customers ids mean today, as :func:`resolve` does; ids that are not known are left out."""
    named = sa.select(_a.value, _a.customer_id).where(
        _a.tenant_id == tenant_id, _a.kind == ALIAS_ID, _a.value.in_(customer_ids)
    )
    own = sa.select(_c.id).where(_c.tenant_id == tenant_id, _c.id.in_(customer_ids))
    known = {str(said): str(customer_id) for said, customer_id in connection.execute(named)}
    return known | {customer_id: customer_id for customer_id in connection.scalars(own)}


def _alias(column: sa.Column[Any], tenant_id: str, kind: str, value: str) -> sa.Select[Any]:
    a = tables.customer_aliases
    return sa.select(column).where(a.c.tenant_id == tenant_id, a.c.kind == kind, a.c.value == value)


def find(connection: sa.Connection, tenant_id: str, kind: IdentifierKind, value: str) -> str | None:
    """Find the customer of a normalised identifier, by their own fields first, then by aliases.

    Returns:
        The customer's id; of several that share the identifier the one enrolled first.
    """
    if not value:
        return None
    c = tables.customers
    column = {
        IdentifierKind.PHONE: c.c.phone_e164,
        IdentifierKind.EMAIL: c.c.email_folded,
        IdentifierKind.CARD: c.c.card,
    }[kind]
    own = sa.select(c.c.id).where(c.c.tenant_id == tenant_id, column == value).order_by(c.c.number).limit(1)
    found = connection.scalar(own)
    if found is None:
        found = connection.scalar(_alias(tables.customer_aliases.c.customer_id, tenant_id, kind.value, value))
    return None if found is None else str(found)


def find_identifier(connection: sa.Connection, tenant_id: str, identifier: Identifier) -> str | None:
    """Find the customer whom a looked-up identifier means."""
    return find(connection, tenant_id, identifier.kind, identifier.value)


def find_person(connection: sa.Connection, tenant_id: str, person: Contact) -> str | None:
    """Find who a newly enrolled person already is: by phone, then e-mail, then card."""
    return (
        find(connection, tenant_id, IdentifierKind.PHONE, person.phone_e164)
        or find(connection, tenant_id, IdentifierKind.EMAIL, person.email_folded)
        or find(connection, tenant_id, IdentifierKind.CARD, person.card)
    )


def add_alias(connection: sa.Connection, tenant_id: str, kind: str, value: str, customer_id: str) -> str | None:
    """Let a customer be found by one more name.

    Returns:
        The id of the new alias row, or None when that name already leads somewhere: it is never led elsewhere.
    """
    if not value or connection.scalar(_alias(tables.customer_aliases.c.id, tenant_id, kind, value)) is not None:
        return None
    alias_id = f"{kind}:{value}"
    row = {"tenant_id": tenant_id, "id": alias_id, "row_version": 0, "feed_seq": 0}
    row |= {"kind": kind, "value": value, "customer_id": customer_id}
    connection.execute(sa.insert(tables.customer_aliases), row)
    return alias_id


def settle(connection: sa.Connection, tenant_id: str, orders: Mapping[str, Sequence[Order]]) -> None:
    """Count more orders of customers, and set their balances to the sums of their ledgers.

    Their rows are held from here to the end of the transaction, or another till's entry could fall between a sum and its
    writing. One whose balance fell below zero is flagged.

    Args:
        orders: for each customer at least one; first and last order follow their times, whatever order sales arrive in.
    """
    c, ids = tables.customers.c, sorted(orders)
    held = connection.execute(
        sa.select(c.id, c.total_orders, c.total_spent_minor, c.first_order_at, c.last_order_at)
        .where(c.tenant_id == tenant_id, c.id.in_(ids))
        .order_by(c.id)
        .with_for_update()
    ).all()
    points = _sums(connection, tables.loyalty_entries.c.points, tenant_id, ids)
    credit = _sums(connection, tables.credit_entries.c.amount_minor, tenant_id, ids)
    rows = [
        _counted(row, orders[row.id]) | _balances(points.get(row.id, 0), credit.get(row.id, 0)) | {"row_key": row.id}
        for row in held
    ]
    if rows:
        connection.execute(_SETTLE, [row | {"row_tenant": tenant_id} for row in rows])


_SETTLE = sa.update(tables.customers).where(
    _c.tenant_id == sa.bindparam("row_tenant"), _c.id == sa.bindparam("row_key")
)


def _counted(row: Any, orders: Sequence[Order]) -> dict[str, Any]:
    count = row.total_orders + len(orders)
    spent = row.total_spent_minor + sum(order.total_minor for order in orders)
    times = [order.completed_at for order in orders]
    return {
        "total_orders": count,
        "total_spent_minor": spent,
        "average_order_minor": round_div(spent, count),
        "lifetime_value_minor": spent,
        "first_order_at": min(filter(None, (row.first_order_at, *times)), default=None),
        "last_order_at": max(filter(None, (row.last_order_at, *times)), default=None),
    }


def _balances(points: int, credit_minor: int) -> dict[str, Any]:
    return {"points": points, "credit_minor": credit_minor, "overspent": points < 0 or credit_minor < 0}


def _sums(connection: sa.Connection, column: sa.Column[int], tenant_id: str, ids: Sequence[str]) -> dict[str, int]:
    entry = column.table.c
    found = connection.execute(
        sa.select(entry.customer_id, sa.func.sum(column))
        .where(entry.tenant_id == tenant_id, entry.customer_id.in_(ids))
        .group_by(entry.customer_id)
    )
    return {customer_id: int(total) for customer_id, total in found}


def select_rows(connection: sa.Connection, terminal: Terminal, device_epoch: str) -> sa.Select[Any]:
    """A select of customers as a terminal is shown them: the columns of :func:`columns_of_row`, see :func:`shown`.

    Args:
        device_epoch: the asking installation; ``own_seq`` counts its entries only.
    """
    columns = [_c[name] for name in _ROW_FIELDS[:-1]]
    newest: list[sa.ColumnElement[int]] = [sa.literal(0), sa.literal(0)]
    # A new till, which loads everybody, has no entries: then nobody's have to be looked at.
    if has_pushed(connection, terminal, device_epoch):
        newest = [_newest_seq(ledger, terminal, device_epoch) for ledger in _LEDGERS]
    return sa.select(*columns, *newest).where(_c.tenant_id == terminal.tenant_id)


def shown(row: Sequence[Any]) -> list[Any]:
    """The values of a row of :func:`select_rows` in the order of the fields of :class:`sync.protocol.CustomerRow`."""
    *values, of_points, of_credit = row
    values.append(max(of_points, of_credit))
    return values


def _newest_seq(ledger: sa.Table, terminal: Terminal, device_epoch: str) -> sa.ColumnElement[int]:
    entry = ledger.alias()
    newest = (
        sa.select(sa.func.max(entry.c.device_seq))
        .where(
            entry.c.tenant_id == terminal.tenant_id,
            entry.c.customer_id == _c.id,
            entry.c.terminal_id == terminal.id,
            entry.c.device_epoch == device_epoch,
        )
        .scalar_subquery()
    )
    return sa.func.coalesce(newest, 0)


def customer_row(
    connection: sa.Connection, terminal: Terminal, device_epoch: str, customer_id: str
) -> CustomerRow | None:
    """One customer as a terminal is shown them, or None."""
    found = connection.execute(select_rows(connection, terminal, device_epoch).where(_c.id == customer_id)).first()
    return None if found is None else CustomerRow(**dict(zip(_ROW_FIELDS, shown(found), strict=True)))


def columns_of_row() -> Sequence[str]:
    """The columns of a pulled customer, in order."""
    return _ROW_FIELDS
