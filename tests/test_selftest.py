"""The program's own test: it passes where all is there, and names what is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from PySide6.QtWidgets import QApplication

import main
from pos_desktop.services.part_checks import CheckFailed, expect, part_checks
from pos_desktop.services.verification import prove
from sync.http import Api
from ui.selftest import Program, run_selftest

ROOT = Path(main.__file__).parent
PATIENCE_S = 300
SOURCES = ("pos_desktop", "ui", "sync", "central_api", "resources")


def run(program: Path, *python_options: str) -> tuple[int, list[str], str]:
    """Run a self-test to its end: its exit code, its lines, and what it complained of."""
    # What is set for this machine's till must not matter, nor must the absence of a display.
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "QT_QPA_PLATFORM")}
    environment |= {"TILL_API_URL": "http://127.0.0.1:9", "TILL_LANGUAGE": "xx"}
    ended = subprocess.run(
        [sys.executable, *python_options, str(program), "selftest"],
        cwd=program.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return ended.returncode, ended.stdout.splitlines(), ended.stderr


def test_the_program_sells_a_basket_to_itself() -> None:
    code, lines, complaint = run(ROOT / "main.py", "-W", "error::ResourceWarning")
    assert code == 0, "\n".join([*lines, complaint])
    *checks, last = lines
    assert json.loads(last) == {"selftest": "ok", "checks": len(checks)}
    assert [line for line in checks if not line.startswith("ok   ")] == []
    names = {line[5:].split(":")[0] for line in checks}
    assert names >= {
        "SQLite",
        "time zones",
        "central API",
        "payment terminal",
        "basket",
        "sale at the centre",
        "journal",
    }
    assert "Traceback" not in complaint


DAMAGE: Mapping[str, tuple[str, Callable[[Path], object]]] = {
    "a letter": ("Qt and letters", lambda root: (root / "resources/fonts/Inter-Bold.ttf").write_bytes(b"")),
    "an icon": ("icons", lambda root: (root / "resources/icons/banknote.svg").write_text("<svg/>")),
    "a language": ("translations", lambda root: (root / "resources/translations/de.json").unlink()),
    "the styles": ("styles", lambda root: shutil.rmtree(root / "resources/styles")),
    "the migrations": ("migrations", lambda root: shutil.rmtree(root / "pos_desktop/storage/migrations/versions")),
    "the goods": ("demo shop", lambda root: (root / "resources/demo/products.json").unlink()),
}


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "main.py", tmp_path)
    letter, *others = DAMAGE.values()
    for _check, damage in others:
        damage(tmp_path)
    code, lines, complaint = run(tmp_path / "main.py")
    assert code == 1, complaint
    last = json.loads(lines[-1])
    assert last["selftest"] == "failed"
    assert set(last["failed"]) >= {check for check, _damage in others}
    assert "central API" not in "\n".join(lines)
    check, damage = letter
    damage(tmp_path)
    code, lines, _complaint = run(tmp_path / "main.py")
    assert code == 1
    assert check in json.loads(lines[-1])["failed"]


def test_a_part_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "fonts", "icons"))
    shutil.copy(ROOT / "main.py", tmp_path)
    (tmp_path / "zstandard.py").write_text("raise ImportError('no compression here')")
    code, lines, _complaint = run(tmp_path / "main.py")
    assert code == 1
    assert json.loads(lines[-1]) == {"selftest": "failed", "failed": ["imports: no compression here"], "checks": 0}


def no_central(folder: Path) -> NoReturn:
    raise OSError("no room for a database")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def program(said: list[str], qapp: QApplication) -> Program:
    def central(folder: Path) -> tuple[str, str]:
        return main.demo_database(folder), "token"

    return Program(main.program(), central, main.build, Api, prove, said.append)


def outcome(said: list[str]) -> dict[str, Any]:
    last: dict[str, Any] = json.loads(said[-1])
    return last


def test_a_shop_that_cannot_be_made_is_named_and_nothing_after_it_is_tried(program: Program, said: list[str]) -> None:
    assert run_selftest(replace(program, central=no_central)) == 1
    assert outcome(said)["failed"] == ["central API"]
    assert any(line == "FAIL central API: OSError: no room for a database" for line in said)
    assert not any("payment terminal" in line for line in said)


def test_a_program_that_does_not_start_again_is_named(program: Program, said: list[str]) -> None:
    silent = replace(program, command=[sys.executable, "-c", "raise SystemExit(3)"])
    assert run_selftest(silent) == 1
    assert outcome(said)["failed"] == ["central API"]
    assert any("ended with exit code 3" in line for line in said)


def test_every_part_does_its_work_here(tmp_path: Path) -> None:
    seen = {name: check() for name, check in part_checks(tmp_path)}
    assert seen["time zones"] == "Berlin in summer and winter"
    assert all(seen.values())


def test_time_zones_are_those_that_travel_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    monkeypatch.setitem(sys.modules, "tzdata.zoneinfo", None)
    monkeypatch.setitem(sys.modules, "tzdata.zoneinfo.Europe", None)
    check = dict(part_checks(tmp_path))["time zones"]
    with pytest.raises(Exception, match="Europe/Berlin"):
        check()


def test_what_is_expected_and_not_so_is_told() -> None:
    expect(1, "fine")
    with pytest.raises(CheckFailed, match="not fine"):
        expect("", "not fine")
