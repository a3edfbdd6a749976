"""Running the server as a process of its own, or embedded in one that was started for it."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from central_api.app import create_app
from central_api.database import open_engine
from central_api.logs import write_json
from central_api.migrate import upgrade
from central_api.settings import ApiSettings

_GRACE_S = 5
# Longer than tills wait between two requests, so that a till seldom writes into a connection that was just closed.
_KEEP_ALIVE_S = 75


class Server(uvicorn.Server):
    """uvicorn, telling when and where it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started and self._ready is not None and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")


def listen(host: str, port: int) -> socket.socket:
    """Take an address, so that whoever asks for port 0 learns which one it became.

    Raises:
        OSError: when the address is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError:
        taken.close()
        raise
    taken.set_inheritable(True)
    return taken


def configure(app: FastAPI) -> uvicorn.Config:
    """How uvicorn runs the app: no logging of its own set-up, no web sockets, a bounded stop."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
        server_header=False,
    )


def serve(
    host: str,
    port: int,
    database_url: str,
    ready: Callable[[str], None] | None = None,
    settings: ApiSettings | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Args:
        port: 0 for any free one.
        database_url: of the database; it is brought up to date first.
        ready: called once with the address, when requests are taken.
        settings: limits and log level.

    Raises:
        OSError: when the address is taken.
    """
    write_json()
    engine = open_engine(database_url)
    try:
        upgrade(engine)
        server = Server(configure(create_app(engine, settings or ApiSettings())), ready)
        # uvicorn raises a caught signal again after it stopped; being asked to stop is no failure.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ignore)
        with listen(host, port) as taken:
            _collect_seldom()
            server.run(sockets=[taken])
    finally:
        engine.dispose()


def _collect_seldom() -> None:
    # A page is a hundred thousand values that live for a moment and refer to nothing: looking through all of them for
    # cycles again and again takes a third of the time of a pull.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    return None
