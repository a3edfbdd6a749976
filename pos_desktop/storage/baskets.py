"""Baskets as rows: written on every change, so that a restart at any moment finds them as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pos_desktop.domain.basket import Adjustment, Basket, BasketLine, BasketState, Discount
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.storage.database import Connection

_json = msgspec.json.Encoder()
_line = msgspec.json.Decoder(BasketLine)
_tender = msgspec.json.Decoder(Tender)
_discount = msgspec.json.Decoder(Discount)
_adjustments = msgspec.json.Decoder(tuple[Adjustment, ...])


@dataclass(frozen=True, slots=True)
class BasketRecord:
    """A basket with what is kept beside it for the screens.

    Args:
        lookup_state: a ``LookupState`` value.
        hint: a sentence key given by a plugin, or empty.
        total_minor: what it cost when it was last written.
    """

    basket: Basket
    lookup_state: str
    hint: str
    last_line_id: str | None
    customer_name: str
    updated_at: str
    total_minor: int


_HEAD = (
    "SELECT id, state, employee_id, terminal_id, opened_at, updated_at, customer_id, customer_name,"
    " customer_identifier, lookup_state, label, discount, adjustments, hint, last_line_id, total_minor FROM baskets"
)


def load(connection: Connection, basket_id: str) -> BasketRecord | None:
    """Read a basket with its lines, in order."""
    row = connection.exec_driver_sql(f"{_HEAD} WHERE id = ?", (basket_id,)).fetchone()
    if row is None:
        return None
    lines = connection.exec_driver_sql(
        "SELECT body FROM basket_lines WHERE basket_id = ? ORDER BY position", (basket_id,)
    )
    return _record(row, tuple(_line.decode(body) for (body,) in lines))


def _record(row: Sequence[object], lines: tuple[BasketLine, ...]) -> BasketRecord:
    (
        basket_id,
        state,
        employee_id,
        terminal_id,
        opened_at,
        updated_at,
        customer_id,
        customer_name,
        identifier,
        lookup_state,
        label,
        discount,
        adjustments,
        hint,
        last_line_id,
        total_minor,
    ) = row
    basket = Basket(
        id=str(basket_id),
        state=BasketState(str(state)),
        employee_id=str(employee_id),
        terminal_id=str(terminal_id),
        opened_at=str(opened_at),
        customer_id=None if customer_id is None else str(customer_id),
        customer_identifier=None if identifier is None else str(identifier),
        label=str(label),
        lines=lines,
        discount=None if discount is None else _discount.decode(str(discount)),
        adjustments=_adjustments.decode(str(adjustments)),
    )
    return BasketRecord(
        basket=basket,
        lookup_state=str(lookup_state),
        hint=str(hint),
        last_line_id=None if last_line_id is None else str(last_line_id),
        customer_name=str(customer_name),
        updated_at=str(updated_at),
        total_minor=int(str(total_minor)),
    )


def save(connection: Connection, record: BasketRecord, before: Basket | None) -> None:
    """Write a basket; only the lines that differ from ``before`` are touched.

    Args:
        record: as it is to be found again.
        before: as the rows are now; None for a new basket.
    """
    basket = record.basket
    connection.exec_driver_sql(
        "INSERT INTO baskets (id, state, employee_id, terminal_id, opened_at, updated_at, customer_id, customer_name,"
        " customer_identifier, lookup_state, label, discount, adjustments, hint, last_line_id, line_count, total_minor)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, employee_id = excluded.employee_id,"
        " updated_at = excluded.updated_at, customer_id = excluded.customer_id,"
        " customer_name = excluded.customer_name, customer_identifier = excluded.customer_identifier,"
        " lookup_state = excluded.lookup_state, label = excluded.label, discount = excluded.discount,"
        " adjustments = excluded.adjustments, hint = excluded.hint, last_line_id = excluded.last_line_id,"
        " line_count = excluded.line_count, total_minor = excluded.total_minor",
        (
            basket.id,
            basket.state.value,
            basket.employee_id,
            basket.terminal_id,
            basket.opened_at,
            record.updated_at,
            basket.customer_id,
            record.customer_name,
            basket.customer_identifier,
            record.lookup_state,
            basket.label,
            None if basket.discount is None else _json.encode(basket.discount).decode(),
            _json.encode(basket.adjustments).decode(),
            record.hint,
            record.last_line_id,
            len(basket.lines),
            record.total_minor,
        ),
    )
    _save_lines(connection, basket, before)


def _save_lines(connection: Connection, basket: Basket, before: Basket | None) -> None:
    old = {} if before is None else {line.id: (position, line) for position, line in enumerate(before.lines)}
    changed = [
        (basket.id, line.id, position, _json.encode(line))
        for position, line in enumerate(basket.lines)
        if old.pop(line.id, None) != (position, line)
    ]
    if changed:
        connection.exec_driver_sql(
            "INSERT INTO basket_lines (basket_id, id, position, body) VALUES (?,?,?,?)"
            " ON CONFLICT (basket_id, id) DO UPDATE SET position = excluded.position, body = excluded.body",
            changed,
        )
    if old:
        connection.exec_driver_sql(
            "DELETE FROM basket_lines WHERE basket_id = ? AND id = ?", [(basket.id, line_id) for line_id in old]
        )


def tenders(connection: Connection, basket_id: str) -> tuple[Tender, ...]:
    """Read what has been paid towards a basket so far, oldest first."""
    rows = connection.exec_driver_sql("SELECT body FROM basket_tenders WHERE basket_id = ? ORDER BY id", (basket_id,))
    return tuple(_tender.decode(body) for (body,) in rows)


def add_tender(connection: Connection, basket_id: str, tender: Tender) -> None:
    """Keep a payment towards a basket."""
    connection.exec_driver_sql(
        "INSERT INTO basket_tenders (basket_id, id, body) VALUES (?,?,?)", (basket_id, tender.id, _json.encode(tender))
    )


def remove_tender(connection: Connection, basket_id: str, tender_id: str) -> None:
    """Forget a payment that was given back before the sale was finished."""
    connection.exec_driver_sql("DELETE FROM basket_tenders WHERE basket_id = ? AND id = ?", (basket_id, tender_id))


def summaries(connection: Connection, states: Sequence[BasketState]) -> list[tuple[BasketRecord, int]]:
    """Read the heads of all baskets in ``states``, oldest first, each with its number of lines."""
    marks = ",".join("?" for _ in states)
    rows = connection.exec_driver_sql(
        f"{_HEAD.replace(' FROM', ', line_count FROM')} WHERE state IN ({marks}) ORDER BY opened_at, id",
        tuple(state.value for state in states),
    )
    return [(_record(row[:-1], ()), int(row[-1])) for row in rows]


def personal_tenders(connection: Connection, customer_ids: Sequence[str], except_basket: str) -> tuple[Tender, ...]:
    """Read the points and credit of a customer that other baskets of this till hold already, not yet sold.

    Args:
        customer_ids: every id of the customer.
        except_basket: the basket that asks.
    """
    marks = ",".join("?" for _ in customer_ids)
    rows = connection.exec_driver_sql(
        "SELECT t.body FROM baskets b JOIN basket_tenders t ON t.basket_id = b.id"
        f" WHERE b.state IN ('open', 'held', 'paying') AND b.customer_id IN ({marks}) AND b.id <> ?",
        (*customer_ids, except_basket),
    )
    found = (_tender.decode(body) for (body,) in rows)
    return tuple(tender for tender in found if tender.kind in (TenderKind.POINTS, TenderKind.CREDIT))


def set_state(connection: Connection, basket_id: str, state: BasketState, updated_at: str) -> None:
    """Move a basket to another state; its lines stay, also of one that is completed or voided."""
    connection.exec_driver_sql(
        "UPDATE baskets SET state = ?, updated_at = ? WHERE id = ?", (state.value, updated_at, basket_id)
    )
