"""The central API without a socket: its routes called in place, over a file that crashes and is set back."""

from __future__ import annotations

import functools
import shutil
import sqlite3
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import Response

from central_api import tables
from central_api.database import open_engine, read, write
from central_api.demo import seed_demo
from central_api.feed import TABLE_OF, Changes, bury, revive
from central_api.metrics import Metrics
from central_api.migrate import upgrade
from central_api.problems import ApiProblem, render
from central_api.routes import build_router
from central_api.server_epoch import begin_new_epoch, server_epoch
from central_api.settings import ApiSettings
from pos_desktop.domain.errors import UserError
from sync.protocol import Collection
from tests.sim.world import ServerCrash, World
from tests.support.central import PRODUCT, SEED_CUSTOMERS, SHOP, TENANT, customer, small_shop

TERMINALS = (
    ("term_001", "token-of-term-001", "store_1"),
    ("term_002", "token-of-term-002", "store_1"),
    ("term_003", "token-of-term-003", "store_2"),
)
PRODUCTS = (
    PRODUCT,
    *(
        {**PRODUCT, "id": f"ITEM_{n:02}", "sku": f"ITEM_{n:02}", "barcodes": [], "price_minor": 100 + n}
        for n in range(9)
    ),
)
PEOPLE = (
    *SEED_CUSTOMERS,
    *(customer(f"CUST_1{n:02}", first_name=f"P{n}", phone=f"+4915200000{n:02}", points=40 * n) for n in range(8)),
)
CUSTOMERS_OF_OLD = tuple(str(one["id"]) for one in PEOPLE)


@functools.cache
def new_database() -> bytes:
    """A migrated server with two stores: made once."""
    with tempfile.TemporaryDirectory(prefix="till-sim-") as folder:
        file = Path(folder) / "central.sqlite"
        engine = open_engine(f"sqlite:///{file}")
        upgrade(engine)
        for store in ("store_1", "store_2"):
            here = [(name, token) for name, token, where in TERMINALS if where == store]
            shop = replace(SHOP, store_id=store)
            seed_demo(engine, small_shop(shop=shop, customers=PEOPLE, products=PRODUCTS, terminals=here))
        with write(engine) as connection:
            # Salted anew in every process: bytes of another length would be another run of the same seed.
            connection.execute(sa.update(tables.employees).values(pin_hash="-"))
        engine.dispose()
        return file.read_bytes()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as bytes on a wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a collection at the server."""

    id: str
    row_version: int
    feed_seq: int


class Server:
    """One central API.

    Args:
        folder: for its files.
        max_items: of a batch.
    """

    def __init__(self, world: World, folder: Path, max_items: int) -> None:
        self.world = world
        self.folder = folder
        self.settings = ApiSettings(max_push_items=max_items)
        self.crash_before_commit = False
        self._generation = 0
        self.file = folder / "central-0.sqlite"
        self.file.write_bytes(new_database())
        self.backups: list[Path] = []
        self.restores = 0
        self._open()
        with write(self.engine) as connection:
            begin_new_epoch(connection)

    def _open(self) -> None:
        self.engine = open_engine(f"sqlite:///{self.file}")
        sa.event.listen(self.engine, "commit", self._before_commit)
        router = build_router(self.engine, self.settings, Metrics())
        self._routes = {
            (method, route.path): route.endpoint for route in _api_routes(router) for method in route.methods or ()
        }

    def _before_commit(self, _connection: sa.Connection) -> None:
        if self.crash_before_commit:
            self.crash_before_commit = False
            raise ServerCrash

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    # -- what may happen to it ----------------------------------------------------------------------------------

    def crash(self) -> None:
        """End the process and start it again over what is on disk at this instant."""
        before = self.file
        self._generation += 1
        self.file = self.folder / f"central-{self._generation}.sqlite"
        for end in ("", "-wal"):
            source = before.with_name(before.name + end)
            if source.exists():
                shutil.copyfile(source, self.file.with_name(self.file.name + end))
        self.engine.dispose()
        self._open()

    def back_up(self) -> None:
        """Put a copy aside."""
        copy = self.folder / f"backup-{len(self.backups)}.sqlite"
        with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        self.backups.append(copy)

    def restore(self) -> None:
        """Go on from an older copy, as its operator says by a new epoch."""
        self.engine.dispose()
        self._generation += 1
        self.restores += 1
        self.file = self.folder / f"central-{self._generation}.sqlite"
        shutil.copyfile(self.world.chance.choice(self.backups), self.file)
        self._open()
        with write(self.engine) as connection:
            begin_new_epoch(connection)

    # -- requests -----------------------------------------------------------------------------------------------

    def handle(self, method: str, url: httpx.URL, headers: httpx.Headers, body: bytes) -> Answer:
        """Answer a request, as the application does around its routes."""
        request = _request(method, url, headers, body)
        try:
            answer = self._route(request, method, url)
        except ApiProblem as problem:
            answer = render(problem, "sim")
        except UserError as error:
            answer = render(ApiProblem(400, error.code.value), "sim")
        except OperationalError:
            answer = render(ApiProblem(503, "database_busy", headers={"Retry-After": "1"}), "sim")
        return Answer(answer.status_code, dict(answer.headers), bytes(answer.body))

    def _route(self, request: Request, method: str, url: httpx.URL) -> Response:
        endpoint = self._routes.get((method, url.path))
        if endpoint is None:
            raise ApiProblem(404, "not_found")
        values: dict[str, Any] = dict(url.params)
        if "limit" in values:
            values["limit"] = int(values["limit"])
        answer = endpoint(request, **values)
        return _finish(answer) if isinstance(answer, Coroutine) else answer

    # -- what the head office does ------------------------------------------------------------------------------

    def change(self, collection: Collection, row_id: str, **values: Any) -> bool:
        """Change a row; False when it is not there."""
        table = TABLE_OF[collection]
        with write(self.engine) as connection:
            mine = (table.c.tenant_id == TENANT, table.c.id == row_id)
            if connection.execute(sa.update(table).where(*mine).values(**values)).rowcount == 0:
                return False
            _stamp(connection, collection, row_id)
        return True

    def delete(self, collection: Collection, row_id: str) -> None:
        """Delete a row."""
        with write(self.engine) as connection:
            bury(connection, TENANT, collection, [row_id])

    def make_again(self, product_id: str) -> bool:
        """Bring a deleted product back; False when it was not deleted."""
        with write(self.engine) as connection:
            gone = revive(connection, TENANT, Collection.PRODUCTS, [product_id])
            if product_id not in gone:
                return False
            fields = {name: value for name, value in PRODUCT.items() if name in tables.products.c}
            place = {"tenant_id": TENANT, "id": product_id, "sku": product_id, "row_version": gone[product_id]}
            connection.execute(sa.insert(tables.products), fields | place | {"feed_seq": 0})
            _stamp(connection, Collection.PRODUCTS, product_id)
        return True

    def grant(self, customer_id: str, points: int) -> None:
        """Give a customer points."""
        with write(self.engine) as connection:
            c = tables.customers.c
            more = sa.update(tables.customers).where(c.tenant_id == TENANT, c.id == customer_id)
            total = c.points + points
            if connection.execute(more.values(points=total, overspent=total < 0)).rowcount == 0:
                return
            entry = {"tenant_id": TENANT, "id": f"grant:{self.world.chance.getrandbits(64)}", "kind": "grant"}
            entry |= {"customer_said": customer_id, "customer_id": customer_id, "made_at": "2026-11-20T08:00:00.000Z"}
            connection.execute(sa.insert(tables.loyalty_entries), entry | {"points": points})
            _stamp(connection, Collection.CUSTOMERS, customer_id)

    # -- what it holds ------------------------------------------------------------------------------------------

    def ask(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with read(self.engine) as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement), values)]

    def epoch(self) -> str:
        """Its epoch."""
        with read(self.engine) as connection:
            return server_epoch(connection)

    def accepted(self) -> dict[str, str]:
        """The hash of every fact that it took, by id."""
        return {str(a): str(b) for a, b in self.ask("SELECT id, sha256 FROM events WHERE status = 'created'")}

    def ids(self, table: str) -> list[str]:
        """The ids of a table, in order."""
        return [str(row[0]) for row in self.ask(f"SELECT id FROM {table} ORDER BY id")]

    def rows(self, collection: Collection, store_id: str) -> list[Row]:
        """The rows of a collection that a store is shown."""
        table = TABLE_OF[collection]
        key = table.c.name if collection is Collection.SETTINGS else table.c.id
        wanted = sa.select(key, table.c.row_version, table.c.feed_seq)
        if collection is Collection.SETTINGS:
            wanted = wanted.where(table.c.store_id == store_id)
        with read(self.engine) as connection:
            return [Row(str(row[0]), int(row[1]), int(row[2])) for row in connection.execute(wanted)]


def _api_routes(router: APIRouter) -> Sequence[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _stamp(connection: sa.Connection, collection: Collection, row_id: str) -> None:
    changes = Changes()
    changes.touch(collection, row_id)
    changes.stamp(connection, TENANT)


def _request(method: str, url: httpx.URL, headers: httpx.Headers, body: bytes) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "method": method,
        "path": url.path,
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in headers.raw],
    }
    return Request(scope, receive)


def _finish(answer: Coroutine[Any, Any, Response]) -> Response:
    # Nothing in it waits: its body is here, and its threads are called in place.
    try:
        answer.send(None)
    except StopIteration as end:
        response: Response = end.value
        return response
    raise AssertionError("the route waited for something")
