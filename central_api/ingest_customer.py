"""A person enrolled at a till: made a customer, or recognised as one."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.customers import (
    ALIAS_ID,
    Contact,
    add_alias,
    contact,
    find,
    find_person,
    resolve,
    store_rules,
)
from central_api.database import take_turns
from central_api.feed import take
from central_api.ingest import Ingest, check_terminal
from pos_desktop.domain.customers import CustomerStatus
from pos_desktop.domain.events import CustomerEnrolled
from pos_desktop.domain.identifiers import IdentifierKind
from sync.protocol import Collection

FIRST_TIER = "BRONZE"
_NAMES = ("first_name", "last_name")


def take_enrolment(ingest: Ingest, fact: CustomerEnrolled) -> None:
    """Store an enrolment, version 1, and attach whatever waited for this customer.

    Raises:
        Rejected: ``wrong_terminal``.
    """
    check_terminal(ingest, fact.terminal_id)
    ingest.rows.flush()
    customer_id, _created = upsert(ingest, fact)
    ingest.known.customers[fact.customer_id] = customer_id
    _attach_waiting(ingest, fact.customer_id, customer_id)
    ingest.effects.touch(Collection.CUSTOMERS, customer_id)


def upsert(ingest: Ingest, fact: CustomerEnrolled) -> tuple[str, bool]:
    """Make a customer, or find that the person is one: by phone, then e-mail, then card.

    Somebody found keeps their id, gains only what was empty, and is from now on also known by the till's id and by
    what else was given. What already means somebody else stays theirs; the fact itself keeps what was given.

    Returns:
        The customer's id here, and whether they were created.
    """
    connection, tenant_id = ingest.connection, ingest.tenant_id
    person = contact(fact.phone, fact.email, fact.card, store_rules(connection, ingest.terminal).region)
    take_turns(
        connection,
        f"{tenant_id} id {fact.customer_id}",
        *(f"{tenant_id} name {name}" for name in (person.phone_e164, person.email_folded, person.card) if name),
    )
    known = resolve(connection, tenant_id, fact.customer_id) or find_person(connection, tenant_id, person)
    if known is None:
        _create(ingest, fact, person)
        return fact.customer_id, True
    if known != fact.customer_id:
        _name(ingest, ALIAS_ID, fact.customer_id, known)
    _fill_empty(ingest, known, fact, person)
    return known, False


def _create(ingest: Ingest, fact: CustomerEnrolled, person: Contact) -> None:
    row = {
        "tenant_id": ingest.tenant_id,
        "id": fact.customer_id,
        "row_version": 0,
        "feed_seq": 0,
        "number": take(ingest.connection, ingest.tenant_id, "customer_number"),
        "first_name": fact.first_name,
        "last_name": fact.last_name,
        "phone": fact.phone,
        "phone_e164": person.phone_e164,
        "email": fact.email,
        "email_folded": person.email_folded,
        "card": person.card,
        "tier": FIRST_TIER,
        "status": CustomerStatus.ACTIVE.value,
        "source": "till",
        "created_at": fact.enrolled_at,
    }
    ingest.connection.execute(sa.insert(tables.customers), row)


def _fill_empty(ingest: Ingest, customer_id: str, fact: CustomerEnrolled, person: Contact) -> None:
    c = tables.customers
    mine = (c.c.tenant_id == ingest.tenant_id, c.c.id == customer_id)
    row = ingest.connection.execute(sa.select(c).where(*mine)).one()
    gained = {name: getattr(fact, name) for name in _NAMES if getattr(fact, name) and not getattr(row, name)}
    # The raw form of an identifier goes along with its normalised one, or not at all.
    for kind, column, value, raw in (
        (IdentifierKind.PHONE, "phone_e164", person.phone_e164, {"phone": fact.phone}),
        (IdentifierKind.EMAIL, "email_folded", person.email_folded, {"email": fact.email}),
        (IdentifierKind.CARD, "card", person.card, {}),
    ):
        if not value or find(ingest.connection, ingest.tenant_id, kind, value) not in (None, customer_id):
            continue
        if not getattr(row, column):
            gained |= {column: value} | raw
        elif getattr(row, column) != value:
            _name(ingest, kind.value, value, customer_id)
    if gained:
        ingest.connection.execute(sa.update(c).where(*mine).values(**gained))


def _name(ingest: Ingest, kind: str, value: str, customer_id: str) -> None:
    alias_id = add_alias(ingest.connection, ingest.tenant_id, kind, value, customer_id)
    if alias_id is not None:
        ingest.effects.touch(Collection.CUSTOMER_ALIASES, alias_id)


def _attach_waiting(ingest: Ingest, said: str, customer_id: str) -> None:
    """Give a customer the sales and entries that arrived before they were known."""
    connection = ingest.connection
    for table in (tables.loyalty_entries, tables.credit_entries):
        connection.execute(
            sa.update(table)
            .where(table.c.tenant_id == ingest.tenant_id, table.c.customer_said == said, table.c.customer_id.is_(None))
            .values(customer_id=customer_id)
        )
    s = tables.sales
    waiting = connection.execute(
        sa.update(s)
        .where(s.c.tenant_id == ingest.tenant_id, s.c.customer_said == said, s.c.customer_id.is_(None))
        .values(customer_id=customer_id)
        .returning(s.c.total_minor, s.c.completed_at)
    ).all()
    for sale in waiting:
        ingest.effects.order(customer_id, sale.total_minor, sale.completed_at)
