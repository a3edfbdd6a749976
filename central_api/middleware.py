"""Around every request: its id, its log line, its figures, and the last net under a fault of the server."""

from __future__ import annotations

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_api.logs import log
from central_api.metrics import Metrics
from central_api.problems import ApiProblem, render
from sync.protocol import HEADER_PROTOCOL, HEADER_REQUEST, PROTOCOL_VERSION

_REQUEST_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}", re.ASCII)


class RequestMiddleware:
    """Gives a request its id, echoes it, measures and logs the answer, and turns a fault into a plain 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything that is not HTTP is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER_REQUEST, "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER_REQUEST] = request_id
                headers[HEADER_PROTOCOL] = str(PROTOCOL_VERSION)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("client_gone", request_id=request_id, path=scope["path"])
        except Exception:
            log.exception("request_failed", request_id=request_id, method=scope["method"], path=scope["path"])
            if status:
                raise
            await render(ApiProblem(500, "server_fault"), request_id)(scope, receive, send_with_headers)
        finally:
            self._finish(scope, request_id, status, time.perf_counter() - started)

    def _finish(self, scope: Scope, request_id: str, status: int, elapsed_s: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self.metrics.requested(route, scope["method"], status, elapsed_s)
        log.info(
            "request",
            request_id=request_id,
            method=scope["method"],
            route=route,
            status=status,
            elapsed_ms=round(elapsed_s * 1000, 1),
        )
