"""The one place that speaks HTTP to the central API.

::

    SyncTrouble
    ├── Unreachable      transport, time-out, 5xx, 429, a request that arrived damaged, or an answer that is not the
    │                    API's (a login page in the way)
    ├── Refused          401, 403: this terminal may not, until somebody sees to it
    ├── CursorGone       410: the server no longer knows the cursor
    └── BadRequest       any other 4xx: the server read the request and will not have it
"""

from __future__ import annotations

import email.utils
import time
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec
import zstandard

from sync.deadline import BoundedTransport, Deadline
from sync.protocol import HEADER_EPOCH, HEADER_PROTOCOL, HEADER_REQUEST, PROTOCOL_VERSION, Problem

T = TypeVar("T")
MAX_RETRY_AFTER_S = 300.0
TOTAL_S = 120.0
"""How long one request may take altogether: a page over a slow line takes seconds, a line that only drips takes for ever."""
PROBLEM_TYPE = "application/problem+json"
DAMAGED = "damaged_body"
"""The checksum of what was sent does not hold at the server: the way is to blame for that, never a fact."""


class SyncTrouble(Exception):
    """A request that did not succeed.

    Args:
        reason: short and stable, such as ``timeout``, ``connect``, ``http_503`` or ``not_ours``.
        detail: for the log.
        retry_after_s: how long the server asks to be left alone, seconds; 0 when it does not say.
    """

    def __init__(self, reason: str, detail: str = "", retry_after_s: float = 0.0) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.retry_after_s = retry_after_s


class Unreachable(SyncTrouble):
    """No usable answer; trying again later is right, for ever."""


class Refused(SyncTrouble):
    """The token is not good; trying again does not help."""


class CursorGone(SyncTrouble):
    """The collection has to be loaded anew."""


class BadRequest(SyncTrouble):
    """The server understood and refuses."""

    def __init__(self, status: int, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.status = status


class Api:
    """A connection to the central API.

    Args:
        base_url: such as ``https://central.example.com``.
        token: the terminal's.
        timeout_s: for connecting, and for each wait of reading or writing.
        device_epoch: names this installation, so that ``own_seq`` counts its facts and those of no other.
        total_s: for the whole request.
    """

    def __init__(
        self, base_url: str, token: str, timeout_s: float = 10.0, *, device_epoch: str = "", total_s: float = TOTAL_S
    ) -> None:
        self._deadline = Deadline()
        self._total_s = total_s
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeout_s,
            transport=BoundedTransport(self._deadline),
            follow_redirects=False,
            headers={
                "Authorization": f"Bearer {token}",
                HEADER_PROTOCOL: str(PROTOCOL_VERSION),
                "Accept": "application/json",
                "Accept-Encoding": "zstd, gzip",
                **({HEADER_EPOCH: device_epoch} if device_epoch else {}),
            },
        )

    def get(self, path: str, params: Mapping[str, str | int], answer: type[T]) -> T:
        """Ask.

        Args:
            path: below the base, or a whole URL.
            answer: the type the body must have.

        Raises:
            SyncTrouble: see the tree above.
        """
        return self._send("GET", path, answer, params=params)

    def post(self, path: str, body: Any, answer: type[T]) -> T:
        """Send a message, compressed.

        Raises:
            SyncTrouble: see the tree above.
        """
        content = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(msgspec.json.encode(body))
        headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
        return self._send("POST", path, answer, content=content, headers=headers)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _send(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        try:
            with self._deadline.within(self._total_s):
                response = self._client.request(
                    method,
                    path,
                    params=params,
                    content=content,
                    headers={**(headers or {}), HEADER_REQUEST: str(uuid.uuid4())},
                )
        except httpx.TimeoutException as error:
            raise Unreachable("timeout", str(error)) from error
        except httpx.ConnectError as error:
            raise Unreachable("connect", str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, zstandard.ZstdError) as error:
            raise Unreachable("broken", f"{type(error).__name__}: {error}") from error
        try:
            return _read(response, answer)
        except Unreachable:
            # Whoever answered there is not to be asked again: a login page holds on to connections that it took over.
            response.extensions["network_stream"].close()
            raise


def _read(response: httpx.Response, answer: type[T]) -> T:
    if response.status_code == httpx.codes.OK:
        try:
            return msgspec.json.decode(response.content, type=answer)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            # A hotel's login page answers 200 with HTML: that is being offline, not data.
            raise Unreachable("not_ours", str(error)) from error
    status = response.status_code
    if status >= 500 or status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT):
        raise Unreachable(f"http_{status}", response.reason_phrase, _retry_after_s(response))
    problem = _problem(response)
    if problem is None:
        # Something in between may allow less than the server: then smaller batches get through.
        if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise BadRequest(status, "http_413", "something on the way takes no body of this size")
        raise Unreachable("not_ours", f"http {status}")
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise Refused(problem.code, problem.detail)
    if status == httpx.codes.GONE:
        raise CursorGone(problem.code, problem.detail)
    if problem.code == DAMAGED:
        raise Unreachable(problem.code, problem.detail)
    raise BadRequest(status, problem.code, problem.detail)


def _problem(response: httpx.Response) -> Problem | None:
    # Only what carries our form and a code is the server's word; gateways and login pages say no in JSON as well.
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != PROBLEM_TYPE:
        return None
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        return None
    return problem if problem.code else None


def _retry_after_s(response: httpx.Response) -> float:
    said = response.headers.get("retry-after", "")
    if said.isdecimal():
        return min(MAX_RETRY_AFTER_S, float(said))
    try:
        when = email.utils.parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return 0.0
    return min(MAX_RETRY_AFTER_S, max(0.0, when.timestamp() - time.time()))
