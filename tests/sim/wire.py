"""The line between a till and the centre: the real client on one side, the real routes on the other, faults between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx

from sync.http import Api
from sync.lookup import LiveLookup
from sync.protocol import LOOKUP_PATH, PUSH_PATH
from tests.sim.server import Answer, Server
from tests.sim.world import ServerCrash, World

URL = "http://central.test"
LOGIN_PAGE = b"<!doctype html><html><body>Welcome. Please log in.</body></html>"
OUTAGE = 6
"""Requests that a cut of the line swallows at most."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request on its way."""

    method: str
    url: httpx.URL
    headers: httpx.Headers
    body: bytes


@dataclass
class Line:
    """The network of one run.

    Args:
        rate: chance of a fault, for each request.
        on_pushed: told of every answer to a push that the server gave.
        late: requests that somebody on the way still holds.
        remembered: answers that somebody on the way has kept, by what was asked.
    """

    world: World
    server: Server
    rate: float = 0.0
    on_pushed: Callable[[Sent, Answer], None] = lambda _sent, _answer: None
    late: list[Sent] = field(default_factory=list)
    remembered: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    cut_for: int = 0

    def carry(self, sent: Sent) -> Answer:
        """Bring a request over and its answer back, or not.

        Raises:
            httpx.TransportError: no answer came.
        """
        chance = self.world.chance
        if self.cut_for > 0:
            self.cut_for -= 1
            raise httpx.ConnectError("the line is cut")
        if self.late and chance.random() < 0.3:
            # It was given up long ago, and arrives all the same.
            self._ask(self.late.pop(chance.randrange(len(self.late))))
        if chance.random() >= self.rate:
            return self._answer(sent)
        kinds = [kind for kind in FAULTS if kind not in _PUSH_ONLY or sent.url.path == PUSH_PATH]
        kind = chance.choice([kind for kind in kinds if kind not in _NO_LOOKUP or sent.url.path != LOOKUP_PATH])
        return FAULTS[kind](self, sent)

    def quiet(self) -> None:
        """Let the faults end: what is still on its way arrives, in any order."""
        self.rate, self.cut_for = 0.0, 0
        self.world.chance.shuffle(self.late)
        while self.late:
            self._ask(self.late.pop())
        self.remembered.clear()

    def _ask(self, sent: Sent) -> Answer:
        answer = self.server.handle(sent.method, sent.url, sent.headers, sent.body)
        if sent.url.path == PUSH_PATH and answer.status == httpx.codes.OK:
            self.on_pushed(sent, answer)
        return answer

    def _answer(self, sent: Sent) -> Answer:
        answer = self._ask(sent)
        if sent.method == "GET" and sent.url.path != LOOKUP_PATH:
            key = (str(sent.url), sent.headers["authorization"])
            self.remembered.setdefault(key, []).append(answer)
        return answer

    # -- faults -------------------------------------------------------------------------------------------------

    def drop_request(self, sent: Sent) -> Answer:
        """It never arrives."""
        self.world.fault("drop_request")
        raise httpx.ConnectError("dropped")

    def drop_answer(self, sent: Sent) -> Answer:
        """The server has done it, and nobody hears of it."""
        self.world.fault("drop_answer")
        self._ask(sent)
        raise httpx.ReadError("the answer was lost")

    def half_open(self, sent: Sent) -> Answer:
        """The other side is gone and does not say so."""
        self.world.fault("half_open")
        self.world.time += timedelta(seconds=10)
        raise httpx.ReadTimeout("nothing came")

    def delay(self, sent: Sent) -> Answer:
        """It is given up, and arrives later."""
        self.world.fault("delay")
        self.world.time += timedelta(seconds=10)
        self.late.append(sent)
        raise httpx.ReadTimeout("too slow")

    def duplicate(self, sent: Sent) -> Answer:
        """It arrives twice, the second time perhaps much later."""
        self.world.fault("duplicate")
        if self.world.chance.random() < 0.5:
            self.late.append(sent)
        else:
            self._ask(sent)
        return self._answer(sent)

    def reorder(self, sent: Sent) -> Answer:
        """Something on the way gives an older answer to the same question."""
        kept = self.remembered.get((str(sent.url), sent.headers["authorization"]))
        if not kept:
            return self._answer(sent)
        self.world.fault("reorder")
        return self.world.chance.choice(kept)

    def truncate_request(self, sent: Sent) -> Answer:
        """Only the beginning arrives, and looks whole."""
        self.world.fault("truncate_request")
        cut = self.world.chance.randrange(len(sent.body))
        return self._ask(Sent(sent.method, sent.url, sent.headers, sent.body[:cut]))

    def truncate_answer(self, sent: Sent) -> Answer:
        """Only the beginning comes back, and looks whole."""
        self.world.fault("truncate_answer")
        answer = self._ask(sent)
        return replace(answer, body=answer.body[: self.world.chance.randrange(len(answer.body) or 1)])

    def corrupt_request(self, sent: Sent) -> Answer:
        """A byte changes on the way there."""
        self.world.fault("corrupt_request")
        return self._ask(Sent(sent.method, sent.url, sent.headers, self._flip(sent.body)))

    def corrupt_answer(self, sent: Sent) -> Answer:
        """A byte changes on the way back."""
        self.world.fault("corrupt_answer")
        answer = self._ask(sent)
        return replace(answer, body=self._flip(answer.body))

    def captive_portal(self, sent: Sent) -> Answer:
        """A login page answers in the server's place."""
        self.world.fault("captive_portal")
        status = self.world.chance.choice((200, 200, 302, 401, 403, 404, 410))
        return Answer(status, {"content-type": "text/html"}, LOGIN_PAGE)

    def gateway(self, sent: Sent) -> Answer:
        """A gateway says that the server is not there, or wants to be left alone."""
        self.world.fault("gateway_5xx")
        status = self.world.chance.choice((429, 500, 502, 503, 504))
        return Answer(status, {"retry-after": "3"}, b"busy")

    def outage(self, sent: Sent) -> Answer:
        """The line is cut for a while."""
        self.world.fault("outage")
        self.cut_for = self.world.chance.randint(1, OUTAGE)
        raise httpx.ConnectError("the line is cut")

    def crash_before_commit(self, sent: Sent) -> Answer:
        """The server ends in the middle of its work."""
        self.server.crash_before_commit = True
        try:
            self._ask(sent)
        except ServerCrash:
            self.world.fault("server_crash_before_commit")
            self.server.crash()
            raise httpx.ReadError("the server went away") from None
        finally:
            self.server.crash_before_commit = False
        raise httpx.ReadError("the answer was lost")

    def crash_after_commit(self, sent: Sent) -> Answer:
        """The server ends between its commit and its answer."""
        self.world.fault("server_crash_after_commit")
        self._ask(sent)
        self.server.crash()
        raise httpx.ReadError("the server went away")

    def _flip(self, body: bytes) -> bytes:
        flipped = bytearray(body)
        if flipped:
            flipped[self.world.chance.randrange(len(flipped))] ^= self.world.chance.randint(1, 255)
        return bytes(flipped)


FAULTS: dict[str, Callable[[Line, Sent], Answer]] = {
    "drop_request": Line.drop_request,
    "drop_answer": Line.drop_answer,
    "half_open": Line.half_open,
    "delay": Line.delay,
    "duplicate": Line.duplicate,
    "reorder": Line.reorder,
    "truncate_request": Line.truncate_request,
    "truncate_answer": Line.truncate_answer,
    "corrupt_request": Line.corrupt_request,
    "corrupt_answer": Line.corrupt_answer,
    "captive_portal": Line.captive_portal,
    "gateway": Line.gateway,
    "outage": Line.outage,
    "crash_before_commit": Line.crash_before_commit,
    "crash_after_commit": Line.crash_after_commit,
}
_PUSH_ONLY = frozenset({"truncate_request", "corrupt_request"})
_NO_LOOKUP = frozenset({"reorder"})


class _Closed:
    def close(self) -> None:
        """There is no connection to close."""


class _Transport(httpx.BaseTransport):
    def __init__(self, line: Line) -> None:
        self._line = line

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        power = self._line.world.power
        power.step()
        answer = self._line.carry(Sent(request.method, request.url, request.headers, request.read()))
        power.step()
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return httpx.Response(
            answer.status,
            headers=headers,
            stream=httpx.ByteStream(answer.body),
            extensions={"network_stream": _Closed()},
        )


class SimApi(Api):
    """The real client over the line of a run."""

    def __init__(self, line: Line, token: str, device_epoch: str) -> None:
        super().__init__(URL, token, device_epoch=device_epoch)
        headers = self._client.headers
        self._client.close()
        self._client = httpx.Client(base_url=URL, headers=headers, transport=_Transport(line))


class SimLookup(LiveLookup):
    """The real lookup over the line of a run."""

    def __init__(self, line: Line, token: str, device_epoch: str) -> None:
        super().__init__(URL, token, lambda _s: None, device_epoch=device_epoch)
        self._api = SimApi(line, token, device_epoch)

    def _client(self, timeout_s: int) -> Api:
        return self._api

    def close(self) -> None:
        """Close the client."""
        self._api.close()
