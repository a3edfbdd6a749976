"""The far end of a push, as a process of its own: ``python -m tests.bench.push_child central|bare <file>``.

Says its address, and serves until it is ended.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import zstandard

from central_api.serve import Server, listen, serve
from sync.protocol import PushRequest

PARTS = ("lines", "taxes", "tenders", "loyalty", "credit")
Rows = dict[str, list[tuple[Any, ...]]]


def say(url: str) -> None:
    """Tell the parent, at once."""
    print(url, flush=True)


class Bare:
    """The least that takes facts: unpacks, decodes and stores the same sales in rows. It checks and counts nothing."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._known: dict[str, str] = {}
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Take one batch."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        batch = msgspec.json.decode(zstandard.ZstdDecompressor().decompress(body), type=PushRequest).batch
        rows: Rows = {"events": [], "sales": []}
        for item in batch:
            rows["events"].append(msgspec.structs.astuple(item))
            self._cut(msgspec.json.decode(item.payload), rows)
        self._store(rows)
        answer = msgspec.json.encode([item.id for item in batch])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": answer})

    def _cut(self, sale: dict[str, Any], rows: Rows) -> None:
        rows["sales"].append((sale["id"], *_plain(sale)))
        for part in PARTS:
            rows.setdefault(part, []).extend(
                (f"{sale['id']}/{place}", *_plain(one)) for place, one in enumerate(sale[part])
            )

    def _store(self, rows: Rows) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for table, values in rows.items():
            if values:
                self._connection.executemany(self._insert(table, len(values[0])), values)
        self._connection.execute("COMMIT")

    def _insert(self, table: str, width: int) -> str:
        if table not in self._known:
            columns = ", ".join(f"c{number}" for number in range(1, width))
            self._connection.execute(f"CREATE TABLE {table} (id TEXT NOT NULL PRIMARY KEY, {columns})")
            self._known[table] = f"INSERT INTO {table} VALUES ({','.join('?' * width)})"
        return self._known[table]


def _plain(row: dict[str, Any]) -> list[Any]:
    return [value for value in row.values() if value.__class__ is not dict and value.__class__ is not list]


def main(kind: str, file: Path) -> None:
    """Serve."""
    if kind == "central":
        serve("127.0.0.1", 0, f"sqlite:///{file}", ready=say)
        return
    config = uvicorn.Config(Bare(file), log_config=None, access_log=False, lifespan="off", ws="none")
    with listen("127.0.0.1", 0) as taken:
        Server(config, say).run(sockets=[taken])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
