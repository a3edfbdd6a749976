"""Whether the libraries that carry native code or data do their work in this very program.

A bundle loses such parts without a word: a time zone, a plugin that is found by name, the metadata of an entry point.
Each check therefore asks for a result that only the whole part can give.
"""

from __future__ import annotations

import sqlite3
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

Check = tuple[str, Callable[[], str]]
KEY_STORES = {"win32": "Windows", "darwin": "macOS"}
KEY_STORE_ELSEWHERE = "SecretService"


class CheckFailed(Exception):
    """A part does not do what it is for."""


def expect(good: object, what: str) -> None:
    """Go on only if something is so.

    Raises:
        CheckFailed: with ``what`` is wrong.
    """
    if not good:
        raise CheckFailed(what)


def part_checks(folder: Path) -> Iterator[Check]:
    """List the checks, each with its name; each returns what it saw and raises when it is not good.

    Args:
        folder: empty, for files.
    """
    yield "SQLite", sqlite_searches
    yield "migrations", lambda: _new_till_file(folder)
    yield "Argon2", _pin_hash
    yield "Ed25519", _signature
    yield "zstandard", _compression
    yield "msgspec", _messages
    yield "phone numbers", _phone_numbers
    yield "time zones", _time_zones
    yield "system key store", _key_stores
    yield "server parts", _server_parts


def sqlite_searches() -> str:
    """Search with a trigram index."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.execute("CREATE VIRTUAL TABLE goods USING fts5(name, tokenize='trigram')")
        file.executemany("INSERT INTO goods VALUES (?)", [("Cheeseburger",), ("Milk",)])
        found = file.execute("SELECT name FROM goods WHERE goods MATCH 'burg'").fetchall()
        body = file.execute("SELECT json_extract('{\"a\": 7}', '$.a')").fetchone()
    expect(found == [("Cheeseburger",)], f"a trigram search found {found}")
    expect(body == (7,), f"JSON gave {body}")
    return f"{sqlite3.sqlite_version} with trigram search"


def _new_till_file(folder: Path) -> str:
    from pos_desktop.storage.till_store import HEAD_REVISION, TILL_FILE, open_till, revision

    database = open_till(folder)
    try:
        with database.read() as till:
            mode = till.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            tables = till.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'table'").scalar_one()
    finally:
        database.close()
    stands = revision(folder / TILL_FILE)
    expect(stands == HEAD_REVISION, f"a new file stands at {stands!r} instead of {HEAD_REVISION!r}")
    expect(mode == "wal", f"the journal mode is {mode}")
    return f"{tables} tables at {stands}"


def _pin_hash() -> str:
    from argon2 import PasswordHasher, Type
    from argon2.exceptions import VerifyMismatchError

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=Type.ID)
    kept = hasher.hash("1111")
    expect(hasher.verify(kept, "1111"), "the right PIN was refused")
    try:
        hasher.verify(kept, "2222")
    except VerifyMismatchError:
        return kept.split("$")[1]
    raise CheckFailed("a wrong PIN was taken")


def _signature() -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    # RFC 8032, 7.1, test 1
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    signed = key.sign(b"")
    expect(signed.hex().startswith("e5564300c360ac729086e2cc806e828a"), "the signature is not that of RFC 8032")
    try:
        key.public_key().verify(signed, b"other")
    except InvalidSignature:
        return "as RFC 8032"
    raise CheckFailed("a signature of something else was taken")


def _compression() -> str:
    import zstandard

    plain = b"one sale " * 200
    packed = zstandard.ZstdCompressor(level=3).compress(plain)
    expect(zstandard.ZstdDecompressor().decompress(packed) == plain, "what was packed did not come out again")
    return f"{len(plain)} bytes in {len(packed)}"


def _messages() -> str:
    import msgspec

    from pos_desktop.domain.shop import RoundingMode, Tier

    tier = Tier("GOLD", 125, 500)
    again = msgspec.json.decode(msgspec.json.encode(tier), type=Tier)
    expect(again == tier, f"a record came back as {again}")
    try:
        msgspec.json.decode(b'"sideways"', type=RoundingMode)
    except msgspec.ValidationError:
        return "typed both ways"
    raise CheckFailed("a word that is none of an enumeration was taken")


def _phone_numbers() -> str:
    from pos_desktop.domain.identifiers import classify

    said = classify("030 / 901820", "DE").value
    expect(said == "+4930901820", f"a number of Berlin became {said}")
    return said


def _time_zones() -> str:
    # Without the system's own files, so that those which travel with the program answer.
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    try:
        berlin = zoneinfo.ZoneInfo.no_cache("Europe/Berlin")
    finally:
        zoneinfo.reset_tzpath(to=before)
    summer = datetime(2026, 7, 1, 12, tzinfo=berlin).isoformat()
    winter = datetime(2026, 12, 1, 12, tzinfo=berlin).isoformat()
    expect(summer.endswith("+02:00") and winter.endswith("+01:00"), f"noon in Berlin is {summer} and {winter}")
    return "Berlin in summer and winter"


def _key_stores() -> str:
    from pos_desktop.storage.secrets import find_system_backend

    wanted = KEY_STORES.get(sys.platform, KEY_STORE_ELSEWHERE)
    known = {each.name: each for each in entry_points(group="keyring.backends")}
    expect(wanted in known, f"the way to {wanted} is not in this program, only {sorted(known)}")
    known[wanted].load()
    backend = find_system_backend()
    return "none on this machine, a file is used" if backend is None else type(backend).__module__


def _server_parts() -> str:
    # Without them the server works, at a fraction of its pace.
    names = ("httptools",) if sys.platform == "win32" else ("httptools", "uvloop")
    for name in names:
        import_module(name)
    return ", ".join(names)
