"""The addresses of the server. Each finds out who asks, hands over to the module that knows, and writes the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from central_api import high_water, reports
from central_api.bodies import answer, decode, read_body
from central_api.clock import now
from central_api.customers import customer_row, find_identifier, store_rules
from central_api.database import read
from central_api.metrics import Metrics
from central_api.migrate import is_current
from central_api.problems import ApiProblem
from central_api.pull import heads, pull
from central_api.push import push
from central_api.server_epoch import server_epoch
from central_api.settings import ApiSettings
from central_api.terminals import Terminal, terminal_of
from pos_desktop.domain.errors import UserError
from pos_desktop.domain.identifiers import classify
from sync.protocol import (
    HEADER_EPOCH,
    HEADER_PROTOCOL,
    HEADS_PATH,
    LOOKUP_PATH,
    PROTOCOL_MIN,
    PULL_PATH,
    PUSH_PATH,
    Collection,
    HeadsResponse,
    LookupResponse,
    PushRequest,
)

_DEFAULT_PAGE = 1_000


def build_router(engine: sa.Engine, settings: ApiSettings, metrics: Metrics) -> APIRouter:
    """Make the routes over one database."""
    router = APIRouter()
    _add_sync(router, engine, settings, metrics)
    _add_lookup(router, engine, metrics)
    _add_reports(router, engine)
    _add_watch(router, engine, metrics)
    return router


def _add_sync(router: APIRouter, engine: sa.Engine, settings: ApiSettings, metrics: Metrics) -> None:
    @router.post(PUSH_PATH)
    async def push_facts(request: Request) -> Response:
        terminal = await run_in_threadpool(_terminal, engine, request)
        batch = decode(await read_body(request, settings), PushRequest)
        response = await run_in_threadpool(push, engine, terminal, batch, max_items=settings.max_push_items)
        metrics.pushed(batch.batch, response.answers)
        return answer(request, response)

    @router.get(PULL_PATH)
    def pull_page(
        request: Request, c: str, cursor: str = "", limit: Annotated[int, Query(ge=1)] = _DEFAULT_PAGE
    ) -> Response:
        _check_protocol(request)
        with read(engine) as connection:
            terminal = terminal_of(connection, _authorization(request))
            if c not in list(Collection):
                raise ApiProblem(400, "unknown_collection", "This server has no such collection.")
            rows = min(limit, settings.max_pull_rows)
            page = pull(connection, terminal, _epoch(request, terminal), Collection(c), cursor, rows)
        return answer(request, page)

    @router.get(HEADS_PATH)
    def all_heads(request: Request) -> Response:
        _check_protocol(request)
        with read(engine) as connection:
            terminal = terminal_of(connection, _authorization(request))
            response = HeadsResponse(
                server_epoch=server_epoch(connection),
                server_time=now(),
                high_water=high_water.of_epoch(connection, terminal, _epoch(request, terminal)),
                heads=heads(connection, terminal),
            )
        return answer(request, response)


def _add_lookup(router: APIRouter, engine: sa.Engine, metrics: Metrics) -> None:
    @router.get(LOOKUP_PATH)
    def look_up(request: Request, identifier: str) -> Response:
        with read(engine) as connection:
            terminal = terminal_of(connection, _authorization(request))
            rules = store_rules(connection, terminal)
            try:
                wanted = classify(identifier, rules.region, rules.loyalty_card_prefixes)
            except UserError:
                metrics.looked_up("unreadable")
                raise
            customer_id = find_identifier(connection, terminal.tenant_id, wanted)
            if customer_id is None:
                metrics.looked_up("not_found")
                raise ApiProblem(404, "customer_not_found", "Nobody is known by this identifier.")
            response = LookupResponse(
                server_epoch=server_epoch(connection),
                server_time=now(),
                customer=customer_row(connection, terminal, _epoch(request, terminal), customer_id),
            )
        metrics.looked_up("found")
        return answer(request, response)


def _add_reports(router: APIRouter, engine: sa.Engine) -> None:
    def told(request: Request, tell: Callable[[sa.Connection, str], dict[str, Any]]) -> Response:
        with read(engine) as connection:
            terminal = terminal_of(connection, _authorization(request))
            return answer(request, tell(connection, terminal.tenant_id))

    @router.get("/v1/sales/summary")
    def sales_summary(request: Request, terminal_id: str | None = None) -> Response:
        return told(request, lambda connection, tenant_id: reports.summary(connection, tenant_id, terminal_id))

    @router.get("/v1/sales/{sale_id}")
    def one_sale(request: Request, sale_id: str) -> Response:
        return told(request, lambda connection, tenant_id: reports.sale(connection, tenant_id, sale_id))

    @router.get("/v1/customers/{customer_id}")
    def one_customer(request: Request, customer_id: str) -> Response:
        return told(request, lambda connection, tenant_id: reports.customer(connection, tenant_id, customer_id))


def _add_watch(router: APIRouter, engine: sa.Engine, metrics: Metrics) -> None:
    @router.get("/health")
    async def health(request: Request) -> Response:
        return answer(request, {"status": "ok"})

    @router.get("/ready")
    def ready(request: Request) -> Response:
        with read(engine) as connection:
            if not is_current(connection):
                raise ApiProblem(503, "not_migrated", "The database is of another version.")
        return answer(request, {"status": "ready"})

    @router.get("/metrics")
    def figures() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _terminal(engine: sa.Engine, request: Request) -> Terminal:
    with read(engine) as connection:
        return terminal_of(connection, _authorization(request))


def _authorization(request: Request) -> str:
    return request.headers.get("authorization", "")


def _epoch(request: Request, terminal: Terminal) -> str:
    return request.headers.get(HEADER_EPOCH, "").strip() or terminal.device_epoch


def _check_protocol(request: Request) -> None:
    # Only what a till reads may be refused to an old one; what it brings is taken for ever.
    spoken = request.headers.get(HEADER_PROTOCOL, "")
    if spoken.isascii() and spoken.isdigit() and int(spoken[:9]) < PROTOCOL_MIN:
        raise ApiProblem(426, "protocol_too_old", "This till must be updated before it can load data.")
