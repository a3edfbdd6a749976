"""The one form in which the server says no (RFC 9457), and the road there for everything that can go wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from central_api.logs import log
from pos_desktop.domain.errors import UserError
from sync.protocol import Problem

MEDIA_TYPE = "application/problem+json"
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "bad_encoding", 422: "bad_parameter"}


class ApiProblem(Exception):
    """A refusal of a whole request.

    Args:
        status: of HTTP.
        code: stable name of the reason, listed in ``docs/protocol.md``.
        detail: the reason in English; never what lies inside the server.
        errors: what is wrong with which field.
        headers: to be sent along, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        errors: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or {}
        self.headers = headers or {}


def render(problem: ApiProblem, request_id: str) -> Response:
    """The answer that carries a problem."""
    body = Problem(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        request_id=request_id,
        errors=problem.errors,
    )
    return Response(
        msgspec.json.encode(body), status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers
    )


def request_id_of(request: Request) -> str:
    """The id of a request, as the middleware set it."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def install(app: FastAPI) -> None:
    """Make every refusal of an app, the framework's own included, take the one form."""

    async def own(request: Request, error: Any) -> Response:
        return render(error, request_id_of(request))

    async def http(request: Request, error: Any) -> Response:
        code = _CODES.get(error.status_code, "refused")
        return render(ApiProblem(error.status_code, code, headers=dict(error.headers or {})), request_id_of(request))

    async def parameters(request: Request, error: Any) -> Response:
        errors = {".".join(str(part) for part in one["loc"]): str(one["msg"]) for one in error.errors()}
        return render(ApiProblem(422, "bad_parameter", errors=errors), request_id_of(request))

    async def user(request: Request, error: Any) -> Response:
        return render(ApiProblem(400, error.code.value), request_id_of(request))

    async def busy(request: Request, error: Any) -> Response:
        log.error("database_trouble", request_id=request_id_of(request), error=str(error.orig))
        return render(
            ApiProblem(503, "database_busy", "Try again.", headers={"Retry-After": "1"}), request_id_of(request)
        )

    app.add_exception_handler(ApiProblem, own)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(UserError, user)
    app.add_exception_handler(OperationalError, busy)
