"""The command line: what can be asked of the program, and how it refuses."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from platformdirs import user_data_path

from pos_desktop.domain.errors import BadInput, UserError
from pos_desktop.settings import load

Command = Callable[[argparse.Namespace], int]

API_PORT = 8770
CARD_PORT = 8771
HIGHEST_PORT = 65_535
DEMO_CUSTOMERS = 5_000
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

UNAVAILABLE = 69
NOT_SET_UP = 78
"""Exit codes as in sysexits.h: files or addresses that cannot be had, and a machine or settings to be put right."""


class CannotStart(Exception):
    """What was asked for cannot begin.

    Args:
        code: of the exit.
        why: a sentence for whoever started it.
    """

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def parser(description: str, commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Make the parser; the command chosen is ``work`` among the options it gives.

    Args:
        description: of the program.
        commands: what each command does, by its name; its docstring is its help.
    """
    top = argparse.ArgumentParser(prog="till", description=description)
    choice = top.add_subparsers(dest="command", required=True)
    made = {}
    for name, work in commands.items():
        made[name] = choice.add_parser(name, help=work.__doc__, description=work.__doc__)
        made[name].set_defaults(work=work)
    for name in ("run", "demo", "sync", "doctor", "verify"):
        folder = user_data_path("till-demo" if name == "demo" else "till")
        made[name].add_argument("--data-dir", type=Path, default=folder, help="folder of the till's files")
    for name in ("run", "demo"):
        made[name].add_argument("--kiosk", action="store_true", help="fill the screen")
    for name in ("demo", "serve"):
        made[name].add_argument("--customers", type=_count, default=DEMO_CUSTOMERS, help="how many people to invent")
    for name, port in (("serve", API_PORT), ("card-terminal", CARD_PORT)):
        made[name].add_argument("--host", default="127.0.0.1", help="address to listen at")
        made[name].add_argument("--port", type=_port, default=port, help="0 takes a free one")
        made[name].add_argument("--with-parent", action="store_true", help="end when the standard input ends")
    serve = made["serve"]
    serve.add_argument("--database", default="sqlite:///central.sqlite", help="address of the database")
    serve.add_argument(
        "--demo", action="append", type=_terminal, metavar="TERMINAL=TOKEN", help="fill it with the demo shop"
    )
    serve.add_argument("--log-level", default="INFO", choices=LOG_LEVELS)
    terminal = made["card-terminal"]
    terminal.add_argument("--step-delay-s", type=float, default=0.6, help="pause before each step, seconds")
    terminal.add_argument("--magic", action="store_true", help="misbehave at amounts ending in 13 to 19")
    terminal.add_argument("--memory", type=Path, help="file to remember payments in")
    return top


def perform(options: argparse.Namespace) -> int:
    """Do what was asked for; a refusal is one sentence on the standard error.

    Returns:
        The exit code.
    """
    try:
        code: int = options.work(options)
    except CannotStart as trouble:
        sys.stderr.write(f"till: {trouble}\n")
        return trouble.code
    except UserError as refusal:
        sys.stderr.write(f"till: {_sentence(refusal, options)}\n")
        return NOT_SET_UP if isinstance(refusal, BadInput) else UNAVAILABLE
    return code


def need_display(environ: Mapping[str, str], platform: str = sys.platform) -> None:
    """Go on only where a window can be shown: without a display Qt does not raise, it aborts the process.

    Raises:
        CannotStart: there is none.
    """
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if platform.startswith("linux") and not any(environ.get(name) for name in names):
        raise CannotStart(NOT_SET_UP, "there is no display to open a window on; try `make day`, which needs none")


def _sentence(refusal: UserError, options: argparse.Namespace) -> str:
    from ui.text import Texts

    # With the code and its values, for whoever is asked for help.
    language = "en"
    if "data_dir" in options:
        # What is set may be unreadable, which may be what is being refused.
        with suppress(UserError):
            language = load(options.data_dir, os.environ).language
    values = "".join(f", {name}: {value}" for name, value in refusal.params.items())
    return f"{Texts(language).error(refusal)} ({refusal.code.value}{values})"


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= HIGHEST_PORT:
        raise ValueError(text)
    return number


def _terminal(text: str) -> tuple[str, str]:
    name, _, token = text.partition("=")
    if not name or not token:
        raise ValueError(text)
    return name, token


_count.__name__, _port.__name__, _terminal.__name__ = "number of people", "port", "TERMINAL=TOKEN"
