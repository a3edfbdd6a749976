"""The program from outside: what it can be asked for, how it refuses, and what it leaves alone."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import main
from central_api.database import open_engine, read
from central_api.problems import ApiProblem
from central_api.terminals import terminal_of
from pos_desktop.domain.errors import NotAllowed
from pos_desktop.services.customers import ApiUnreachable
from pos_desktop.settings import LookupSettings, Settings, save_toml
from pos_desktop.storage import journal, meta
from pos_desktop.storage.secrets import open_key_store
from pos_desktop.storage.signing import terminal_signer
from pos_desktop.storage.till_store import TILL_FILE, open_till
from sync.protocol import HEADER_EPOCH
from tests.support.central import running_api
from tests.support.tills import running_till
from ui.command_line import NOT_SET_UP, UNAVAILABLE, CannotStart, need_display, parser

PROGRAM = Path(main.__file__)
WRONG_USE = 2
PATIENCE_S = 120


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, without a display unless ``environment`` gives one."""
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    bare.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        env=bare | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def options(*arguments: str) -> argparse.Namespace:
    return parser("", main.COMMANDS).parse_args(arguments)


def make_till(folder: Path, entries: int = 3) -> None:
    """A till with a signed journal."""
    keys = open_key_store(folder, prefer_system=False)
    keys.set(main.TOKEN_NAME, "token")
    database = open_till(folder)
    sign = terminal_signer(keys, database)
    with database.write() as till:
        for number in range(entries):
            journal.append(till, "till_tried", "2026-11-20T08:00:00.000Z", f'{{"number":{number}}}', sign)
    database.close()


# -- arguments --------------------------------------------------------------------------------------------------------


def test_every_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main.main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in main.COMMANDS)
    assert all(work.__doc__ for work in main.COMMANDS.values())


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sell"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "-1"],
        ["serve", "--port", "http"],
        ["serve", "--customers", "-1"],
        ["serve", "--demo", "term_001"],
        ["serve", "--demo", "=token"],
        ["serve", "--log-level", "LOUD"],
        ["card-terminal", "--port", "70000"],
        ["selftest", "--data-dir", "x"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_refused_before_anything_is_done(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main.main(arguments)
    assert end.value.code == WRONG_USE
    assert "usage: till" in capsys.readouterr().err


def test_a_till_and_the_demo_lie_in_folders_of_their_own(own_home: Path) -> None:
    till, demo = options("run").data_dir, options("demo").data_dir
    assert till != demo
    assert till.is_relative_to(own_home)
    assert demo.is_relative_to(own_home)


def test_a_terminal_token_may_hold_any_sign() -> None:
    assert options("serve", "--demo", "term_001=a=b", "--demo", "t2=c").demo == [("term_001", "a=b"), ("t2", "c")]


# -- a display --------------------------------------------------------------------------------------------------------

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")


@on_linux
@pytest.mark.parametrize("command", ["run", "demo"])
def test_without_a_display_one_sentence_says_what_to_do_and_nothing_is_made(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    ended = start(command, "--data-dir", str(folder))
    assert ended.returncode == NOT_SET_UP
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "no display" in ended.stderr
    assert "make day" in ended.stderr
    assert not folder.exists()


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_any_place_to_paint_will_do(name: str) -> None:
    need_display({name: "x"}, "linux")
    with pytest.raises(CannotStart):
        need_display({name: ""}, "linux")
    need_display({}, "win32")


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "already open in another window"), ("de", "schon in einem anderen Fenster")]
)
def test_a_second_till_on_the_same_folder_is_refused_with_a_sentence(
    language: str, sentence: str, tmp_path: Path
) -> None:
    first = main.build(Settings(tmp_path), with_sync=False)
    try:
        ended = start("run", "--data-dir", str(tmp_path), QT_QPA_PLATFORM="offscreen", TILL_LANGUAGE=language)
    finally:
        first.close()
    assert ended.returncode == UNAVAILABLE
    assert len(ended.stderr.splitlines()) == 1
    assert sentence in ended.stderr
    assert "till_already_open" in ended.stderr
    assert str(tmp_path) in ended.stderr


def test_a_till_that_was_closed_can_be_opened_again(tmp_path: Path) -> None:
    main.build(Settings(tmp_path), with_sync=False).close()
    main.build(Settings(tmp_path), with_sync=False).close()


def test_a_till_that_could_not_be_built_keeps_nothing_locked(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")
    (tmp_path / "keys.json").chmod(0o600)
    refused = pytest.raises(Exception, match="keys_unreadable")
    with refused:
        main.build(Settings(tmp_path), with_sync=False)
    (tmp_path / "keys.json").unlink()
    main.build(Settings(tmp_path), with_sync=False).close()


def test_a_setting_that_cannot_be_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_till(tmp_path)
    monkeypatch.setenv("TILL_THEME", "pink")
    assert main.main(["verify", "--data-dir", str(tmp_path)]) == NOT_SET_UP
    said = capsys.readouterr().err
    assert "pink" in said
    assert "light | dark" in said


@pytest.mark.parametrize("command", ["verify", "doctor", "sync"])
def test_a_folder_without_a_till_is_said_to_be_one_and_stays_as_it_is(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([command, "--data-dir", str(tmp_path)]) == UNAVAILABLE
    assert capsys.readouterr().err == f"till: there is no till in {tmp_path}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "card-terminal"])
def test_an_address_that_is_taken_is_named(command: str, tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        more = ("--database", f"sqlite:///{tmp_path / 'c.sqlite'}") if command == "serve" else ()
        ended = start(command, "--port", str(port), *more)
    assert ended.returncode == UNAVAILABLE
    assert f"cannot listen at 127.0.0.1, port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


# -- building ---------------------------------------------------------------------------------------------------------


def test_a_lookup_names_the_installation_whose_points_it_wants(tmp_path: Path) -> None:
    asked: list[str | None] = []

    class Centre(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get(HEADER_EPOCH))
            self.send_error(503)

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the name is that of the base
            """Say nothing."""

    make_till(tmp_path)
    database = open_till(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Centre) as centre:
        threading.Thread(target=centre.handle_request).start()
        url = f"http://127.0.0.1:{centre.server_port}"
        lookup = main.open_lookup(Settings(tmp_path, api_url=url), "token", database)
        with pytest.raises(ApiUnreachable):
            lookup.fetch("+491701234567", LookupSettings(retry_attempts=1))
        lookup.close()
    with database.read() as till:
        epoch = meta.get(till, meta.DEVICE_EPOCH)
    database.close()
    assert epoch
    assert asked == [epoch]


# -- verify and doctor ------------------------------------------------------------------------------------------------


def test_a_whole_journal_is_proven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_till(tmp_path)
    assert main.main(["verify", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "3 entries, whole and signed\n"


def test_the_first_entry_that_was_touched_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_till(tmp_path)
    database = open_till(tmp_path)
    with database.write() as till:
        till.exec_driver_sql("UPDATE journal SET body = '{}' WHERE seq >= 2")
    database.close()
    assert main.main(["verify", "--data-dir", str(tmp_path)]) == 1
    assert "broken at entry 2" in capsys.readouterr().out


def test_a_till_that_lacks_nothing_is_found_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_api(tmp_path / "api") as api:
        till = tmp_path / "till"
        till.mkdir()
        with running_till(till):
            pass
        open_key_store(till, prefer_system=False).set(main.TOKEN_NAME, api.token)
        save_toml(Settings(till, api_url=api.url))
        code = main.main(["doctor", "--data-dir", str(till)])
    found = capsys.readouterr().out.splitlines()
    assert [line for line in found if not line.startswith("ok   ")] == []
    assert {line[5:].split(":")[0] for line in found} >= {"till.sqlite", "replica.sqlite", "journal", "central API"}
    assert code == 0


def test_what_is_wrong_with_a_till_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_till(tmp_path)
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        save_toml(Settings(tmp_path, api_url=f"http://127.0.0.1:{port}", card_terminal=f"tcp://127.0.0.1:{port}"))
        code = main.main(["doctor", "--data-dir", str(tmp_path)])
    bad = {line[5:].split(":")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL ")}
    assert bad == {"replica.sqlite", "central API", "payment terminal"}
    assert code == 1


# -- the demo ---------------------------------------------------------------------------------------------------------


def accepts(folder: Path, token: str) -> bool:
    """Whether the demo's central database knows a terminal by this token."""
    engine = open_engine(main.demo_database(folder))
    try:
        with read(engine) as connection:
            return terminal_of(connection, f"Bearer {token}").id == "term_001"
    except ApiProblem:
        return False
    finally:
        engine.dispose()


def test_the_demo_is_made_once(tmp_path: Path) -> None:
    token = main.prepare_demo(tmp_path, 3)
    made = (tmp_path / "central.sqlite").read_bytes()
    assert accepts(tmp_path, token)
    assert not accepts(tmp_path, token + "x")
    assert main.prepare_demo(tmp_path, 3) == token
    assert (tmp_path / "central.sqlite").read_bytes() == made


def test_a_demo_that_lost_its_token_or_its_database_is_made_whole_again(tmp_path: Path) -> None:
    first = main.prepare_demo(tmp_path, 3)
    open_key_store(tmp_path).delete(main.TOKEN_NAME)
    second = main.prepare_demo(tmp_path, 3)
    assert second != first
    assert accepts(tmp_path, second)
    assert not accepts(tmp_path, first)
    for file in tmp_path.glob("central.sqlite*"):
        file.unlink()
    assert main.prepare_demo(tmp_path, 3) == second
    assert accepts(tmp_path, second)


def test_the_program_needs_no_folder_of_its_own_to_be_current(tmp_path: Path) -> None:
    make_till(tmp_path)
    shutil.copytree(tmp_path, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("elsewhere"))
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), "verify", "--data-dir", "."],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "3 entries, whole and signed\n")
    assert (tmp_path / "elsewhere" / TILL_FILE).exists()


def test_a_second_till_in_this_process_is_refused_too(tmp_path: Path) -> None:
    first = main.build(Settings(tmp_path), with_sync=False)
    try:
        with pytest.raises(NotAllowed):
            main.build(Settings(tmp_path), with_sync=False)
    finally:
        first.close()
