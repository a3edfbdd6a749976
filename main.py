"""The till: one program, started as a window, a server, a sync process, a payment terminal or a check.

This is the composition root: the only place that names concrete parts and hands them to each other.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from pos_desktop.settings import ENVIRONMENT_PREFIX, Settings, load
from ui.command_line import DEMO_CUSTOMERS, UNAVAILABLE, CannotStart, need_display, parser, perform

if TYPE_CHECKING:
    from pos_desktop.devices.card_terminal import CardTerminal
    from pos_desktop.services.till import Till
    from pos_desktop.storage.database import Database
    from sync.lookup import LiveLookup

TOKEN_NAME = "terminal-token"  # noqa: S105 - the name under which it is kept, not the token
SELFTEST_CUSTOMERS = 50
DEMO_TERMINAL = "term_001"

say_listening = partial(print, "listening", flush=True)


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
    from pos_desktop.plugins.installed import installed_plugins
    from pos_desktop.services.core import SystemClock
    from pos_desktop.services.spool import SpoolRunner
    from pos_desktop.services.till import Outside, Till
    from pos_desktop.storage.replica import ReplicaReader
    from pos_desktop.storage.secrets import open_key_store
    from pos_desktop.storage.signing import terminal_signer
    from pos_desktop.storage.till_store import REPLICA_FILE, OwnerLock, open_till
    from sync.late import LateLookup
    from sync.supervisor import SyncSupervisor
    from ui.receipt_printing import receipt_encoder, receipt_wording

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        lock = undo.enter_context(OwnerLock(settings.data_dir / "till.lock"))
        keys = open_key_store(settings.data_dir)
        database = open_till(settings.data_dir)
        undo.callback(database.close)
        token = keys.get(TOKEN_NAME) or ""
        lookup = LateLookup(lambda: open_lookup(settings, token, database))
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
                encode=receipt_encoder(settings.printer_columns),
                wording=lambda shop: receipt_wording(till.settings.language, shop),
                wake_sync=wake,
                submit=submit,
                more_plugins=installed_plugins(),
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


def open_lookup(settings: Settings, token: str, database: Database) -> LiveLookup:
    """Open the live lookup at the central API, for the installation whose file of facts this is."""
    from sync.lookup import LiveLookup
    from sync.process import device_epoch

    return LiveLookup(settings.api_url, token, device_epoch=device_epoch(database))


def open_card_terminal(settings: Settings) -> CardTerminal | None:
    """Open the payment terminal that the settings name; None for none."""
    if settings.card_terminal == "none":
        return None
    from pos_desktop.devices.addresses import parse_tcp
    from pos_desktop.devices.nexo_terminal import NexoTerminal

    host, port = parse_tcp(settings.card_terminal, "card_terminal")
    return NexoTerminal(host, port, settings.terminal_id)


# -- commands ---------------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace, beside: Callable[[Till], None] | None = None) -> int:
    """Open the window."""
    need_display(os.environ)
    settings = load(options.data_dir, os.environ)
    running = build(settings)
    from sync.late import load_soon
    from ui.app import run_window
    from ui.quitting import quit_when_asked

    quit_when_asked()
    if beside is not None:
        threading.Thread(target=beside, args=(running.till,), name="beside", daemon=True).start()
    shop = running.till.shop
    loading = load_soon("" if shop is None else shop.region)
    try:
        return run_window(running.till, settings, sys.argv)
    finally:
        loading.cancel()
        running.close()


def demo(options: argparse.Namespace) -> int:
    """Open the demo shop with its own central API and payment terminal."""
    from pos_desktop.services.companions import Companion

    need_display(os.environ)
    folder: Path = options.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    # The window does not wait: on the first start the centre still makes its books while the till is already there.
    central = [*program(), "serve", "--log-level", "WARNING", "--database", demo_database(folder)]
    central += ["--demo", f"{DEMO_TERMINAL}={demo_token(folder)}", "--customers", str(options.customers)]
    terminal = [*program(), "card-terminal", "--memory", str(folder / "card.json")]
    with Companion(central) as api, Companion(terminal) as card:
        os.environ["TILL_API_URL"] = f"http://127.0.0.1:{api.port}"
        os.environ["TILL_CARD_TERMINAL"] = f"tcp://127.0.0.1:{card.port}"
        os.environ["TILL_PRINTER"] = f"file:{folder / 'receipts'}"

        def wake_when_ready(till: Till) -> None:
            api.address()
            till.sync.retry_now()

        return run(options, wake_when_ready)


def demo_database(folder: Path) -> str:
    """The address of the demo's central database."""
    return f"sqlite:///{folder / 'central.sqlite'}"


def demo_token(folder: Path) -> str:
    """The token of the demo's terminal, made at its first start."""
    from pos_desktop.storage.secrets import open_key_store

    keys = open_key_store(folder)
    token = keys.get(TOKEN_NAME)
    if token is None:
        token = secrets.token_urlsafe(32)
        keys.set(TOKEN_NAME, token)
    return token


def prepare_demo(folder: Path, customers: int = DEMO_CUSTOMERS) -> str:
    """Make the demo's central database and the terminal's token, and give the token."""
    token = demo_token(folder)
    seed(demo_database(folder), ((DEMO_TERMINAL, token),), customers)
    return token


def seed(database_url: str, terminals: Sequence[tuple[str, str]], customers: int) -> None:
    """Fill a central database with the demo shop."""
    from itertools import chain

    import msgspec

    import resources.demo
    from central_api.database import open_engine
    from central_api.demo import DemoShop, is_seeded, seed_demo
    from central_api.migrate import upgrade
    from pos_desktop.domain.shop import Shop

    engine = open_engine(database_url)
    upgrade(engine)
    data = resources.demo.load()
    shop = msgspec.convert(data.shop, Shop)
    if not is_seeded(engine, shop.tenant_id, terminals):
        people = chain(data.customers, resources.demo.customers(customers))
        goods = data.categories, data.products, data.taxes
        seed_demo(engine, DemoShop(shop, *goods, data.employees, people, tuple(terminals)))
    engine.dispose()


def serve(options: argparse.Namespace) -> int:
    """Serve the central API."""
    from central_api.serve import serve as serve_api
    from central_api.settings import ApiSettings
    from pos_desktop.services.companions import end_with_parent

    if options.with_parent:
        end_with_parent()
    if options.demo:
        seed(options.database, options.demo, options.customers)
    api_settings = ApiSettings(log_level=options.log_level)
    try:
        serve_api(options.host, options.port, options.database, say_listening, api_settings)
    except OSError as fault:
        raise _cannot_listen(options, fault) from fault
    return 0


def _cannot_listen(options: argparse.Namespace, fault: OSError) -> CannotStart:
    where = f"{options.host}, port {options.port}"
    return CannotStart(UNAVAILABLE, f"cannot listen at {where}: {fault.strerror or fault}")


def card_terminal(options: argparse.Namespace) -> int:
    """Be the payment terminal that the demo and the tests pay at."""
    import signal

    from pos_desktop.devices.card_simulator import Manner, run_simulator
    from pos_desktop.services.companions import end_with_parent

    # Being asked to stop ends it as Ctrl-C does: what it remembers is closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.with_parent:
        end_with_parent()
    manner = Manner(step_delay_s=options.step_delay_s, magic_amounts=options.magic)
    try:
        run_simulator(options.host, options.port, options.memory, manner, say_listening)
    except OSError as fault:
        raise _cannot_listen(options, fault) from fault
    return 0


def sync(options: argparse.Namespace) -> int:
    """Carry facts and changes until the till that started this goes away."""
    from pos_desktop.storage.secrets import open_key_store
    from sync.process import run_sync

    settings = _settings_of_till(options)
    token = open_key_store(settings.data_dir).get(TOKEN_NAME) or ""
    return run_sync(settings.data_dir, settings.api_url, token)


def doctor(options: argparse.Namespace) -> int:
    """Check a till and say what is wrong."""
    from pos_desktop.services.doctor import examine
    from pos_desktop.storage.secrets import open_key_store
    from sync.lookup import probe

    settings = _settings_of_till(options)
    token = open_key_store(settings.data_dir).get(TOKEN_NAME) or ""
    findings = examine(settings, lambda: probe(settings, token), open_card_terminal(settings))
    for finding in findings:
        print(f"{'ok  ' if finding.good else 'FAIL'} {finding.subject}: {finding.detail}")
    return 0 if all(finding.good for finding in findings) else 1


def verify(options: argparse.Namespace) -> int:
    """Prove the journal of a till, or name its first broken link."""
    from pos_desktop.services.verification import prove

    good, sentence = prove(_settings_of_till(options).data_dir)
    print(sentence)
    return 0 if good else 1


def _settings_of_till(options: argparse.Namespace) -> Settings:
    # Opening a till that is not there would make it, and then find nothing wrong with it.
    from pos_desktop.storage.till_store import TILL_FILE

    settings = load(options.data_dir, os.environ)
    if not (settings.data_dir / TILL_FILE).exists():
        raise CannotStart(UNAVAILABLE, f"there is no till in {settings.data_dir}")
    return settings


def selftest(_options: argparse.Namespace) -> int:
    """Exercise every native and data-carrying part, open the window unseen, and sell one basket."""
    # What is set for the till of this machine must not reach the one that is tried.
    for name in [name for name in os.environ if name.startswith(ENVIRONMENT_PREFIX)]:
        del os.environ[name]
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from pos_desktop.services.verification import prove
        from sync.http import Api
        from ui.selftest import Program, run_selftest
    except ImportError as lack:
        print(json.dumps({"selftest": "failed", "failed": [f"imports: {lack}"], "checks": 0}))
        return 1

    code = run_selftest(Program(program(), _central_of_selftest, build, Api, prove, partial(print, flush=True)))
    if code:
        os._exit(code)  # what failed half-way may have left threads that nobody can stop any more
    return code


def _central_of_selftest(folder: Path) -> tuple[str, str]:
    from pos_desktop.storage.secrets import open_key_store

    # The token is put into a file, because the system's key store is not ours to try things in.
    open_key_store(folder, prefer_system=False).set(TOKEN_NAME, secrets.token_urlsafe(32))
    return demo_database(folder), prepare_demo(folder, SELFTEST_CUSTOMERS)


# -- start ------------------------------------------------------------------------------------------------------------

COMMANDS = {
    "run": run,
    "demo": demo,
    "sync": sync,
    "doctor": doctor,
    "verify": verify,
    "serve": serve,
    "card-terminal": card_terminal,
    "selftest": selftest,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what the arguments name.

    Returns:
        The exit code.
    """
    return perform(parser(__doc__ or "", COMMANDS).parse_args(arguments))


def prepare_streams() -> None:
    """Keep the log off the standard output, which is a channel: of the sync process to its till, of a server to us."""
    from pos_desktop.log import keep_off_stdout

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console without a euro sign must not end a till
    keep_off_stdout()


if __name__ == "__main__":
    prepare_streams()
    sys.exit(main())
