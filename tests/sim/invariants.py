"""What must hold of every run, by the names of ``docs/simulation.md``."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import zstandard

from central_api.database import read
from central_api.pull import pull
from central_api.terminals import terminal_of
from pos_desktop.domain.errors import NotFound
from pos_desktop.domain.events import EventKind, freeze, thaw
from pos_desktop.domain.sales import Sale
from pos_desktop.storage import customers
from pos_desktop.storage.replica_rows import MARKED
from sync.protocol import Collection, PullResponse, PushRequest, PushResponse
from tests.sim.server import Answer, Server
from tests.sim.till import SimTill, read_cursor
from tests.sim.wire import Sent
from tests.sim.world import World, hold
from tests.support.central import SHOP
from tests.support.till_file import assert_whole

MOST_ROWS = 100_000
STRUCTURED = frozenset({"body", "barcodes", "tax_ids"})
FLAGS = frozenset({"vip", "open_price", "favourite", "inclusive", "active"})


@dataclass
class Watch:
    """Remembers what must not go back from one look to the next.

    Args:
        seen: the highest version of a row of a till.
        reached: how far a till was in a feed.
    """

    seen: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    reached: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def after_turn(self, server: Server, till: SimTill) -> None:
        """Look at a till between two of its turns."""
        epoch, accepted = server.epoch(), server.accepted()
        if till.server_epoch() == epoch:
            acked = {str(row[0]) for row in till.ask("SELECT id FROM outbox WHERE state = 'acked'")}
            hold("S4", acked <= accepted.keys(), f"acknowledged and not at the server: {acked - accepted.keys()}")
        stands = till.stands()
        for collection in Collection:
            self._rows_and_cursor(server, till, collection, stands.get(collection.value), epoch)
        till.forgotten.clear()

    def _rows_and_cursor(self, server: Server, till: SimTill, collection: Collection, stand: Any, epoch: str) -> None:
        key = (till.shape.terminal_id, collection.value)
        have = till.versions(collection.value)
        if collection.value in till.forgotten:
            self.seen.pop(key, None)
            self.reached.pop(key, None)
        for row_id, version in self.seen.get(key, {}).items():
            hold("S7", have.get(row_id, version) >= version, f"{key}: {row_id} went back from {version}")
        self.seen[key] = {row_id: version for row_id, version in have.items() if version != MARKED}
        if stand is None or stand.cursor in ("", "lost"):
            hold("S9", stand is None or not stand.complete or stand.cursor, f"{key}: complete without a page")
            return
        of_epoch, place = read_cursor(stand.cursor)
        before_epoch, before = self.reached.get(key, (of_epoch, 0))
        hold("L3", before_epoch != of_epoch or place >= before, f"{key}: fell back from {before} to {place}")
        self.reached[key] = (of_epoch, place)
        if of_epoch == epoch:
            for row in server.rows(collection, till.shape.store_id):
                hold(
                    "S7",
                    row.feed_seq > place or have.get(row.id) == row.row_version,
                    f"{key}: the cursor at {place} is ahead of {row}, here {have.get(row.id)}",
                )


def after_push(server: Server, sent: Sent, answer: Answer) -> None:
    """S5: the server names what it never got, after every batch."""
    request = msgspec.json.decode(zstandard.ZstdDecompressor().decompress(sent.body), type=PushRequest)
    body = zstandard.ZstdDecompressor().decompress(answer.body) if "content-encoding" in answer.headers else answer.body
    response = msgspec.json.decode(body, type=PushResponse)
    rows = server.ask("SELECT device_seq FROM arrivals WHERE device_epoch = :epoch", epoch=request.device_epoch)
    came = {int(row[0]) for row in rows}
    missing = [seq for seq in range(1, max(came, default=0)) if seq not in came]
    mark = missing[0] - 1 if missing else max(came, default=0)
    hold("S5", response.high_water == mark, f"high water {response.high_water} where {mark} is right")
    hold("S5", response.missing == missing[:100], f"missing {response.missing}, but {missing[:100]} never came")


def at_rest(world: World, server: Server, tills: Sequence[SimTill]) -> None:
    """Hold everything, when the faults have stopped and all have been in contact."""
    anew = "S14 " if server.restores else ""
    for till in tills:
        _facts_are_there(anew, server, till)
        _numbers(server, till)
        _whole_here(till)
        _frozen(server, till)
        _collections(anew, server, till)
        _balances(server, till, len(tills))
    made = {fact_id for till in tills for fact_id, _ in till.ask("SELECT id, sha256 FROM outbox")}
    invented = server.accepted().keys() - made
    hold(anew + "S1", not invented, f"the server has what nobody made: {invented}")
    _sums(server, tills)
    _whole_there(server)
    hold("quiet", not world.bad_lines, f"faults in the logs: {world.bad_lines[:3]}")


def _facts_are_there(anew: str, server: Server, till: SimTill) -> None:
    rows = till.ask("SELECT id, sha256, payload, state, last_error FROM outbox")
    there = {str(a): (str(b), bytes(c)) for a, b, c in server.ask("SELECT id, status, payload FROM events")}
    hashes = server.accepted()
    for fact_id, sha256, payload, state, error in rows:
        if state == "parked":
            code = str(error).partition(":")[0]
            hold("S13", till.planted.get(fact_id) == code, f"{fact_id} was parked: {error}")
            if code == "id_conflict" and hashes.get(fact_id) == sha256:
                hold("S6", False, f"{fact_id} is both in conflict and accepted")
            continue
        hold("L1", state == "acked", f"{fact_id} is still {state}: {error}")
        hold(anew + "S1", hashes.get(fact_id) == sha256, f"{fact_id} of {till.shape.terminal_id} is not at the server")
        hold(anew + "S1", there[fact_id][1] == payload, f"{fact_id} has other bytes at the server")
        hold("S6", till.planted.get(fact_id) != "id_conflict", f"{fact_id} has two contents and nobody noticed")
    here = {str(row[0]) for row in rows}
    hold("S1", till.acked.keys() <= here, f"a paid sale is gone: {till.acked.keys() - here}")
    sold = Counter(server.ids("sales"))
    for sale_id in till.acked:
        hold(anew + "S1", sold[sale_id] == 1, f"sale {sale_id} is {sold[sale_id]} times at the server")
    hold("S13", till.kept <= here, "a refused fact was dropped")


def _numbers(server: Server, till: SimTill) -> None:
    last = int(till.ask("SELECT coalesce(max(device_seq), 0) FROM outbox")[0][0])
    marks = server.ask("SELECT high_water, largest FROM device_epochs WHERE device_epoch = :epoch", epoch=till.epoch)
    hold("S5", marks == [(last, last)] or not last, f"{till.shape.terminal_id} made {last}, the server says {marks}")
    floor, seq = till.ids_above
    lower = till.ask("SELECT id FROM outbox WHERE device_seq > ? AND id <= ?", seq, floor)
    lower = [row for row in lower if row[0] not in till.planted]
    hold("S15", not lower, f"ids went back: {lower}")


def _whole_here(till: SimTill) -> None:
    try:
        assert_whole(till.folder)
    except AssertionError as error:
        hold("S3", False, f"{till.shape.terminal_id}: {error}")


def _whole_there(server: Server) -> None:
    def counted(table: str) -> Counter[str]:
        return Counter(str(row[0]) for row in server.ask(f"SELECT sale_id FROM {table} WHERE sale_id IS NOT NULL"))

    lines, taxes, tenders, points = map(counted, ("sale_lines", "sale_taxes", "sale_tenders", "loyalty_entries"))
    facts = server.ask("SELECT payload FROM events WHERE kind = 'sale_completed' AND status = 'created'")
    sales: list[Sale] = [thaw(EventKind.SALE_COMPLETED, 1, bytes(row[0])) for row in facts]
    for sale in sales:
        parts = (lines[sale.id], taxes[sale.id], tenders[sale.id], points[sale.id])
        right = (len(sale.lines), len(sale.taxes), len(sale.tenders), len(sale.loyalty))
        hold("S3", parts == right, f"sale {sale.id} is there in parts: {parts} of {right}")
    whole = {sale.id for sale in sales}
    for table in (lines, taxes, tenders, points):
        hold("S3", table.keys() <= whole, f"parts without a sale: {table.keys() - whole}")
    hold("S3", set(server.ids("sales")) == whole, "sales and their facts differ")


def _sums(server: Server, tills: Sequence[SimTill]) -> None:
    mine: Counter[str] = Counter()
    for till in tills:
        for payload in till.ask("SELECT payload FROM outbox WHERE kind = 'sale_completed' AND state = 'acked'"):
            sale: Sale = thaw(EventKind.SALE_COMPLETED, 1, bytes(payload[0]))
            mine.update({"sales": 1, "total": sale.total_minor, "tax": sale.tax_minor})
            for tender in sale.tenders:
                mine[f"tender {tender.kind.value}"] += tender.amount_minor
            for entry in sale.loyalty:
                mine[f"points {entry.kind}"] += entry.points
    theirs: Counter[str] = Counter()
    for count, total, tax in server.ask("SELECT count(*), sum(total_minor), sum(tax_minor) FROM sales"):
        theirs.update({"sales": count, "total": total or 0, "tax": tax or 0})
    for kind, amount in server.ask("SELECT kind, sum(amount_minor) FROM sale_tenders GROUP BY kind"):
        theirs[f"tender {kind}"] = amount
    of_sales = "SELECT kind, sum(points) FROM loyalty_entries WHERE sale_id IS NOT NULL GROUP BY kind"
    for kind, points in server.ask(of_sales):
        theirs[f"points {kind}"] = points
    names = mine.keys() | theirs.keys()
    differ = {name: (mine[name], theirs[name]) for name in names if mine[name] != theirs[name]}
    hold("S2", not differ, f"here and there: {differ}")


def _frozen(server: Server, till: SimTill) -> None:
    frozen = {str(a): str(b) for a, b in till.ask("SELECT id, sha256 FROM outbox WHERE kind = 'sale_completed'")}
    prices: dict[str, list[tuple[Any, ...]]] = {}
    for sale_id, *line in server.ask(
        "SELECT sale_id, product_id, unit_price_minor, total_minor, position FROM sale_lines"
    ):
        prices.setdefault(str(sale_id), []).append(tuple(line))
    for sale in till.acked.values():
        hold("S12", frozen[sale.id] == freeze(sale).sha256, f"sale {sale.id} is not what the cashier saw")
        seen = [(one.product_id, one.unit_price_minor, one.total_minor, n) for n, one in enumerate(sale.lines)]
        hold(
            "S12", sorted(prices.get(sale.id, []), key=lambda one: int(one[3])) == seen, f"sale {sale.id}: other prices"
        )


def _collections(anew: str, server: Server, till: SimTill) -> None:
    stands = till.stands()
    for collection in Collection:
        page = _everything(server, till, collection)
        stand, name = stands[collection.value], f"{till.shape.terminal_id} {collection.value}"
        hold("L1", stand.complete and stand.cursor == page.next, f"{name} has not reached the head")
        wanted = {str(row[0]): dict(zip(page.columns, row, strict=True)) for row in page.rows}
        columns = [name for name in page.columns if name != "email_folded"]
        rows = till.ask_replica(f"SELECT {', '.join(columns)} FROM {collection.value}")
        have = {str(row[0]): dict(zip(columns, row, strict=True)) for row in rows}
        hold(anew + "S8", have.keys() == wanted.keys(), f"{name} differ: {sorted(have.keys() ^ wanted.keys())}")
        for row_id, values in wanted.items():
            plain = {column: _plain(column, value) for column, value in values.items()}
            mine = {column: _plain(column, value) for column, value in have[row_id].items()}
            hold(anew + "S8", plain == mine, f"{name}: {row_id} is {mine}, at the server {plain}")
    found = till.ask_replica("SELECT (SELECT count(*) FROM product_search), (SELECT count(*) FROM products)")[0]
    hold("S8", found[0] == found[1], f"the search knows {found[0]} products of {found[1]}")


def _everything(server: Server, till: SimTill, collection: Collection) -> PullResponse:
    with read(server.engine) as connection:
        terminal = terminal_of(connection, f"Bearer {till.shape.token}")
        page = pull(connection, terminal, till.epoch, collection, "", MOST_ROWS)
    return msgspec.json.decode(msgspec.json.encode(page), type=PullResponse)


def _plain(column: str, value: Any) -> Any:
    if column in STRUCTURED and isinstance(value, str):
        return json.loads(value)
    return bool(value) if column in FLAGS else value


def _balances(server: Server, till: SimTill, tills: int) -> None:
    ledger = {
        str(a): int(b)
        for a, b in server.ask("SELECT customer_id, sum(points) FROM loyalty_entries GROUP BY customer_id")
        if a is not None
    }
    for customer_id, points, overspent in server.ask("SELECT id, points, overspent FROM customers"):
        right = ledger.get(customer_id, 0)
        hold("S11", points == right, f"{customer_id} has {points}, the ledger says {right}")
        shown = till.till.customers.profile(customer_id).points
        hold("S11", shown == right, f"{till.shape.terminal_id} shows {shown} of {customer_id}, the ledger says {right}")
        hold("S11", bool(overspent) == (points < 0), f"{customer_id} is overspent, or not, and nobody says so")
        most = tills * SHOP.programme.allowance_cap_points
        hold("S11", points >= -most, f"{customer_id} spent {-points} more than there was; {most} is the most")
    with till.till_file.read() as connection:
        pending = customers.pending_ids(connection)
    hold("S8", not pending, f"{till.shape.terminal_id} still waits for {pending}")


def gone(till: SimTill, customer_ids: Sequence[str]) -> None:
    """S8: whoever was deleted at the server is known nowhere."""
    for customer_id in customer_ids:
        try:
            till.till.customers.profile(customer_id)
        except NotFound:
            continue
        hold("S8", False, f"{till.shape.terminal_id} still knows {customer_id}, who was deleted")


def digest(server: Server, tills: Sequence[SimTill]) -> str:
    """A fingerprint of everything that a run left behind, but for what names the moment it was run at."""
    told: list[Any] = [sorted(server.accepted().items())]
    for till in tills:
        told.append(till.ask("SELECT device_seq, id, sha256, state, attempts FROM outbox ORDER BY device_seq"))
        told.extend(sorted(till.versions(collection.value).items()) for collection in Collection)
    return hashlib.sha256(repr(told).encode()).hexdigest()
