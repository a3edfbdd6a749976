"""A terminal's side of the protocol, bare: no retries, no store, so that a test sees every answer."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from sync.protocol import (
    HEADER_EPOCH,
    HEADS_PATH,
    LOOKUP_PATH,
    PULL_PATH,
    PUSH_PATH,
    Collection,
    HeadsResponse,
    LookupResponse,
    Problem,
    PullResponse,
    PushItem,
    PushResponse,
)
from tests.support.facts import EPOCH, batch


class Terminal:
    """One terminal's connection to a running central API."""

    def __init__(self, url: str, token: str, device_epoch: str = EPOCH) -> None:
        headers = {"Authorization": f"Bearer {token}", HEADER_EPOCH: device_epoch}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=20)
        self.device_epoch = device_epoch

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def push(self, *items: PushItem, oldest_seq: int = 1) -> PushResponse:
        body = msgspec.json.encode(batch(items, device_epoch=self.device_epoch, oldest_seq=oldest_seq))
        response = self.http.post(PUSH_PATH, content=body)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=PushResponse)

    def answers(self, *items: PushItem) -> list[str]:
        """The status of every item, with its code where there is one."""
        return [f"{one.status}:{one.code}".rstrip(":") for one in self.push(*items).answers]

    def pull(self, collection: Collection, cursor: str = "", limit: int = 1_000) -> PullResponse:
        parameters: dict[str, Any] = {"c": collection.value, "cursor": cursor, "limit": limit}
        response = self.http.get(PULL_PATH, params=parameters)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=PullResponse)

    def rows(self, page: PullResponse) -> list[dict[str, Any]]:
        """The rows of a page by their column names."""
        return [dict(zip(page.columns, row, strict=True)) for row in page.rows]

    def heads(self) -> HeadsResponse:
        return msgspec.json.decode(self.http.get(HEADS_PATH).content, type=HeadsResponse)

    def lookup(self, identifier: str) -> LookupResponse | Problem:
        response = self.http.get(LOOKUP_PATH, params={"identifier": identifier})
        if response.status_code == 200:
            return msgspec.json.decode(response.content, type=LookupResponse)
        return msgspec.json.decode(response.content, type=Problem)

    def customer(self, customer_id: str) -> dict[str, Any]:
        response = self.http.get(f"/v1/customers/{customer_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def summary(self) -> dict[str, Any]:
        return dict(self.http.get("/v1/sales/summary").json())

    def problem(self, method: str, path: str, **request: Any) -> Problem:
        """Send what must be refused; the problem that comes back."""
        response = self.http.request(method, path, **request)
        assert response.headers["content-type"] == "application/problem+json", response.text
        problem = msgspec.json.decode(response.content, type=Problem)
        assert problem.status == response.status_code
        assert problem.request_id == response.headers["X-Request-Id"]
        return problem


def codes(*problems: Problem) -> Sequence[tuple[int, str]]:
    """What problems say, short."""
    return [(problem.status, problem.code) for problem in problems]
