"""The till: one program, started as a window, a server, a sync process, a payment terminal or a check.

This is the composition root: the only place that names concrete parts and hands them to each other.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pos_desktop.settings import Settings, load

if TYPE_CHECKING:
    from pos_desktop.devices.card_terminal import CardTerminal
    from pos_desktop.domain.shop import Shop
    from pos_desktop.services.receipts import Encoder, Wording
    from pos_desktop.services.till import Till

TOKEN_NAME = "terminal-token"  # noqa: S105 - the name under which it is kept, not the token
DEMO_API_PORT = 8770
DEMO_CARD_PORT = 8771
DEMO_CUSTOMERS = 5_000
USAGE = 64
UNAVAILABLE = 69
NO_DISPLAY = 78


# -- building ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class RunningTill:
    """A till with its background: closed in the right order by :meth:`close`."""

    till: Till
    close: Callable[[], None]


def build(settings: Settings, *, with_sync: bool = True) -> RunningTill:
    """Build a till from its settings.

    Args:
        with_sync: start and watch the sync process too.

    Raises:
        UserError: the files cannot be opened, or another till has them open.
    """
    from pos_desktop.devices.printer import open_printer
    from pos_desktop.services.core import SystemClock
    from pos_desktop.services.spool import SpoolRunner
    from pos_desktop.services.till import Outside, Till
    from pos_desktop.storage.replica import ReplicaReader
    from pos_desktop.storage.secrets import open_key_store
    from pos_desktop.storage.signing import terminal_signer
    from pos_desktop.storage.till_store import REPLICA_FILE, OwnerLock, open_till
    from sync.lookup import LiveLookup
    from sync.supervisor import SyncSupervisor

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        lock = undo.enter_context(OwnerLock(settings.data_dir / "till.lock"))
        keys = open_key_store(settings.data_dir)
        database = open_till(settings.data_dir)
        undo.callback(database.close)
        lookup = LiveLookup(settings.api_url, keys.get(TOKEN_NAME) or "")
        workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="network")
        watching: list[SyncSupervisor] = []

        def wake() -> None:
            for each in watching:
                each.wake()

        def submit(work: Callable[[], None]) -> None:
            workers.submit(work)

        till = Till(
            settings,
            database,
            ReplicaReader(settings.data_dir / REPLICA_FILE),
            Outside(
                clock=SystemClock(),
                sign=terminal_signer(keys, database),
                lookup=lookup,
                card=open_card_terminal(settings),
                printer=open_printer(settings.printer),
                encode=receipt_encoder(settings),
                wording=lambda shop: receipt_wording(till.settings, shop),
                wake_sync=wake,
                submit=submit,
            ),
        )
        if with_sync:
            command = [*program(), "sync", "--data-dir", str(settings.data_dir)]
            watching.append(SyncSupervisor(command, lambda line: _hear_sync(till, line)))
            watching[0].start()
        printing = SpoolRunner(till.receipts, till.changes)
        printing.start()
        undo.pop_all()

    def close() -> None:
        printing.stop()
        for each in watching:
            each.stop()
        workers.shutdown(wait=True, cancel_futures=True)
        lookup.close()
        till.close()
        lock.release()

    return RunningTill(till, close)


def program() -> list[str]:
    """How this program is started again, from the sources or from a bundle."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, str(Path(__file__).resolve())]


def _hear_sync(till: Till, line: str) -> None:
    word, _, rest = line.partition(" ")
    till.replica_changed(frozenset(rest.split(",")) if word == "changed" else frozenset())


def open_card_terminal(settings: Settings) -> CardTerminal | None:
    """Open the payment terminal that the settings name; None for none."""
    if settings.card_terminal == "none":
        return None
    from pos_desktop.devices.addresses import parse_tcp
    from pos_desktop.devices.nexo_terminal import NexoTerminal

    host, port = parse_tcp(settings.card_terminal, "card_terminal")
    return NexoTerminal(host, port, settings.terminal_id)


def receipt_encoder(settings: Settings) -> Encoder:
    """Give the encoder of the printer that is set up."""

    def encode_receipt(document: object, wording: Wording, kick_drawer: bool) -> bytes:
        from pos_desktop.devices.escpos import encode
        from pos_desktop.domain.receipts import ReceiptDocument

        assert isinstance(document, ReceiptDocument)
        return encode(
            document,
            settings.printer_columns,
            wording.labels,
            wording.money,
            wording.when,
            kick_drawer=kick_drawer,
        )

    return encode_receipt


def receipt_wording(settings: Settings, shop: Shop | None) -> Wording:
    """Give a receipt's words, amounts and times in the till's language."""
    from pos_desktop.domain.receipts import DECIMAL_SIGN, Label
    from pos_desktop.services.receipts import Wording
    from ui.text import Texts

    texts = (
        Texts(settings.language) if shop is None else Texts(settings.language, shop.currency, shop.decimals, shop.zone)
    )
    labels = {label.value: texts.t(label.value) for label in Label} | {DECIMAL_SIGN: texts.decimal_mark}
    return Wording(labels, texts.money, texts.when)


# -- commands ---------------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Open the window."""
    from pos_desktop.domain.errors import UserError

    settings = load(options.data_dir, os.environ)
    try:
        running = build(settings)
    except UserError as trouble:
        print(f"till: {trouble.code.value} {trouble.params}", file=sys.stderr)
        return UNAVAILABLE
    from ui.app import run_window

    try:
        return run_window(running.till, settings, sys.argv)
    finally:
        running.close()


def demo(options: argparse.Namespace) -> int:
    """Open the demo shop with its own central API and payment terminal."""
    folder: Path = options.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    prepare_demo(folder, options.customers)
    environment = {
        **os.environ,
        "TILL_API_URL": f"http://127.0.0.1:{DEMO_API_PORT}",
        "TILL_CARD_TERMINAL": f"tcp://127.0.0.1:{DEMO_CARD_PORT}",
        "TILL_PRINTER": f"file:{folder / 'receipts'}",
    }
    children = [
        _child("serve", "--port", str(DEMO_API_PORT), "--database", demo_database(folder), "--with-parent"),
        _child("card-terminal", "--port", str(DEMO_CARD_PORT), "--memory", str(folder / "card.json"), "--with-parent"),
    ]
    os.environ.update({name: environment[name] for name in ("TILL_API_URL", "TILL_CARD_TERMINAL", "TILL_PRINTER")})
    try:
        return run(options)
    finally:
        for child in children:
            if child.stdin is not None:
                child.stdin.close()
            child.wait(10)


def _child(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*program(), *arguments], stdin=subprocess.PIPE)  # noqa: S603 - our own program


def demo_database(folder: Path) -> str:
    """The address of the demo's central database."""
    return f"sqlite:///{folder / 'central.sqlite'}"


def prepare_demo(folder: Path, customers: int = DEMO_CUSTOMERS, terminal_id: str = "term_001") -> str:
    """Make the demo's central database, once, and the terminal's token.

    Returns:
        The token.
    """
    from pos_desktop.storage.secrets import open_key_store

    keys = open_key_store(folder)
    token = keys.get(TOKEN_NAME)
    if token is not None and (folder / "central.sqlite").exists():
        return token
    token = token or secrets.token_urlsafe(32)
    seed(demo_database(folder), ((terminal_id, token),), customers)
    keys.set(TOKEN_NAME, token)
    return token


def seed(database_url: str, terminals: Sequence[tuple[str, str]], customers: int) -> None:
    """Fill a central database with the demo shop."""
    from itertools import chain

    import msgspec

    import resources.demo
    from central_api.database import open_engine
    from central_api.demo import DemoShop, seed_demo
    from central_api.migrate import upgrade
    from pos_desktop.domain.shop import Shop

    engine = open_engine(database_url)
    upgrade(engine)
    data = resources.demo.load()
    seed_demo(
        engine,
        DemoShop(
            shop=msgspec.convert(data.shop, Shop),
            categories=data.categories,
            products=data.products,
            taxes=data.taxes,
            employees=data.employees,
            customers=chain(data.customers, resources.demo.customers(customers)),
            terminals=tuple(terminals),
        ),
    )
    engine.dispose()


def serve(options: argparse.Namespace) -> int:
    """Serve the central API."""
    from central_api.serve import serve as serve_api

    if options.with_parent:
        _end_with_parent()
    if options.demo:
        seed(options.database, [tuple(pair.split("=", 1)) for pair in options.demo], options.customers)
    serve_api(options.host, options.port, options.database, lambda url: print(f"listening {url}", flush=True))
    return 0


def card_terminal(options: argparse.Namespace) -> int:
    """Be the payment terminal that the demo and the tests pay at."""
    from pos_desktop.devices.card_simulator import Manner, run_simulator

    if options.with_parent:
        _end_with_parent()
    run_simulator(
        options.host,
        options.port,
        options.memory,
        Manner(magic_amounts=options.magic),
        lambda port: print(f"listening {port}", flush=True),
    )
    return 0


def _end_with_parent() -> None:
    import signal

    def watch() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def sync(options: argparse.Namespace) -> int:
    """Carry facts and changes until the till that started this goes away."""
    from pos_desktop.storage.secrets import open_key_store
    from sync.process import run_sync

    settings = load(options.data_dir, os.environ)
    token = open_key_store(settings.data_dir).get(TOKEN_NAME) or ""
    return run_sync(settings.data_dir, settings.api_url, token)


def doctor(options: argparse.Namespace) -> int:
    """Check a till and say what is wrong."""
    from pos_desktop.services.doctor import examine
    from pos_desktop.storage.secrets import open_key_store
    from sync.lookup import probe

    settings = load(options.data_dir, os.environ)
    token = open_key_store(settings.data_dir).get(TOKEN_NAME) or ""
    findings = examine(settings, lambda: probe(settings, token), open_card_terminal(settings))
    for finding in findings:
        print(f"{'ok  ' if finding.good else 'FAIL'} {finding.subject}: {finding.detail}")
    return 0 if all(finding.good for finding in findings) else 1


def verify(options: argparse.Namespace) -> int:
    """Prove the journal of a till, or name its first broken link."""
    from pos_desktop.services.verification import verify_journal
    from pos_desktop.storage.till_store import open_till

    database = open_till(load(options.data_dir, os.environ).data_dir)
    try:
        verdict = verify_journal(database)
    finally:
        database.close()
    print(verdict.sentence)
    return 0 if verdict.good else 1


def selftest(_options: argparse.Namespace) -> int:
    """Exercise every native and data-carrying part, open the window unseen, and sell one basket."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from ui.selftest import sell_one_basket

    return sell_one_basket(build, seed, TOKEN_NAME)


# -- arguments --------------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """The command line."""
    from platformdirs import user_data_path

    top = argparse.ArgumentParser(prog="till", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    def command(name: str, work: Callable[[argparse.Namespace], int], folder: str | None) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=work.__doc__, description=work.__doc__)
        sub.set_defaults(work=work)
        if folder is not None:
            sub.add_argument("--data-dir", type=Path, default=user_data_path(folder), help="folder of the till's files")
        return sub

    command("run", run, "till").add_argument("--kiosk", action="store_true", help="fill the screen")
    demo_command = command("demo", demo, "till-demo")
    demo_command.add_argument("--kiosk", action="store_true", help="fill the screen")
    demo_command.add_argument("--customers", type=int, default=DEMO_CUSTOMERS, help="how many people to invent")
    for name, work in (("sync", sync), ("doctor", doctor), ("verify", verify)):
        command(name, work, "till")
    serve_command = command("serve", serve, None)
    serve_command.add_argument("--database", default="sqlite:///central.sqlite", help="address of the database")
    serve_command.add_argument("--demo", action="append", metavar="TERMINAL=TOKEN", help="fill it with the demo shop")
    serve_command.add_argument("--customers", type=int, default=DEMO_CUSTOMERS, help="how many people to invent")
    terminal_command = command("card-terminal", card_terminal, None)
    terminal_command.add_argument("--magic", action="store_true", help="misbehave at amounts ending in 13 to 19")
    terminal_command.add_argument("--memory", type=Path, help="file to remember payments in")
    for sub, port in ((serve_command, DEMO_API_PORT), (terminal_command, DEMO_CARD_PORT)):
        sub.add_argument("--host", default="127.0.0.1")
        sub.add_argument("--port", type=int, default=port)
        sub.add_argument("--with-parent", action="store_true", help="end when the standard input ends")
    command("selftest", selftest, None)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what the arguments name.

    Returns:
        The exit code.
    """
    options = parser().parse_args(arguments)
    code: int = options.work(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
