"""The ground that everything stands on: what is pinned, who imports whom, and that the suite notices noise."""

import ast
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import structlog

from tests.support.quiet import LogWatch, no_leaked_threads, watched_logs

ROOT = Path(__file__).parent.parent
PACKAGES = ("pos_desktop", "ui", "sync", "central_api", "resources")
LOCKS = ("runtime", "dev", "tools")


def tracked_files() -> Iterator[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = (ROOT / name for name in listing.stdout.split("\0") if name)
    else:
        parts = (*PACKAGES, "tests", "docs", "tools", "requirements")
        names = (path for part in parts for path in (ROOT / part).rglob("*") if "__pycache__" not in path.parts)
    return (path for path in names if path.is_file())


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pinned_package_has_a_hash_and_no_lock_names_an_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) == len(pins(name))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "index" not in text


def test_tests_run_with_the_very_versions_that_are_shipped() -> None:
    runtime, dev = pins("runtime"), pins("dev")
    assert {name: dev.get(name) for name in runtime} == runtime


def test_everything_the_project_asks_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = [*project["project"]["dependencies"]]
    for extra in project["project"]["optional-dependencies"].values():
        runtime += extra
    names = {re.match(r"[A-Za-z0-9._-]+", each)[0].lower() for each in runtime}  # type: ignore[index]
    assert names - {name.replace("_", "-") for name in pins("runtime")} == set()


def test_what_is_committed_names_no_machine_and_no_registry() -> None:
    # put together here, so that this file does not name them either
    banned = [
        "/" + "work/",
        "/" + "root/",
        "pypi" + ".org",
        "files.python" + "hosted",
        "registry." + "npmjs",
        "deb." + "debian.org",
    ]
    found = []
    for path in tracked_files():
        data = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {word}" for word in banned if word.encode() in data]
    assert not found


def test_the_protocol_imports_nothing_of_ours() -> None:
    tree = ast.parse((ROOT / "sync" / "protocol.py").read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} & {*PACKAGES, "main", "tests"} == set()


OFFENCES = {
    "till": ("ui/offence_a.py", "import sync.protocol"),
    "inside": ("pos_desktop/domain/offence_b.py", "import pos_desktop.services"),
    "qt": ("pos_desktop/devices/offence_c.py", "import PySide6.QtCore"),
    "http": ("pos_desktop/services/offence_d.py", "import httpx"),
    "ui-storage": ("ui/offence_e.py", "import sqlalchemy"),
    "domain": ("pos_desktop/domain/offence_f.py", "import keyring"),
    "settings": ("pos_desktop/settings.py", "import pos_desktop.domain.basket"),
    "protocol": ("sync/protocol.py", "import resources"),
    "central": ("central_api/offence_g.py", "import pos_desktop.storage"),
    "server": ("sync/offence_h.py", "import central_api"),
    "main": ("resources/offence_i.py", "import main"),
}


def lint_imports(folder: Path) -> dict[str, str]:
    """Name of each contract -> KEPT or BROKEN."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "fonts", "icons"),
            dirs_exist_ok=True,
        )
    for name, line in OFFENCES.values():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
        "--no-logo",
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)", run.stdout, re.MULTILINE)) or {
        "nothing ran": run.stdout + run.stderr
    }


def test_every_import_contract_bites(tmp_path: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(OFFENCES)
    assert lint_imports(tmp_path) == {contract["name"]: "BROKEN" for contract in contracts}


def test_make_lists_every_target_that_a_person_may_call() -> None:
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^make ([a-z-]+) ", run.stdout, re.MULTILINE))
    checked = {"test", "check", "day", "sim", "sim-mutants", "bench"}
    assert listed == checked | {"help", "run", "bundle", "setup", "lock", "clean"}


def test_the_pipeline_runs_what_a_person_runs() -> None:
    pipeline = ROOT / ".ci" / "run"
    assert os.access(pipeline, os.X_OK)
    assert pipeline.read_text().rstrip().endswith("make test")


@pytest.fixture(scope="module")
def preflight() -> ModuleType:
    spec = spec_from_file_location("preflight", ROOT / "tools" / "preflight.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are looked for on Linux only")
def test_the_preflight_names_the_package_of_each_missing_library(preflight: ModuleType) -> None:
    missing = preflight.missing_packages(
        ["screen"], found=lambda soname: soname not in {"libEGL.so.1", "libxcb-cursor.so.0"}
    )
    assert missing == ["libegl1", "libxcb-cursor0"]
    assert preflight.line_for(missing).endswith("apt-get install -y --no-install-recommends libegl1 libxcb-cursor0")


def test_a_machine_that_has_everything_lacks_nothing(preflight: ModuleType) -> None:
    assert preflight.missing_packages([], found=lambda _soname: True) == []


def test_the_till_does_not_start_without_a_display_and_says_what_to_do() -> None:
    bare = {name: value for name, value in os.environ.items() if "DISPLAY" not in name and name != "QT_QPA_PLATFORM"}
    command = [sys.executable, str(ROOT / "tools" / "preflight.py"), "display"]
    run = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)
    if not sys.platform.startswith("linux"):
        assert run.returncode == 0
        return
    assert run.returncode == 78
    assert "make day" in run.stdout


def test_a_log_line_that_nobody_declared_is_a_complaint(expected_logs: LogWatch) -> None:
    expected_logs("drawer stuck")
    with watched_logs() as watch:
        structlog.get_logger().info("drawer_opened")
        structlog.get_logger().warning("printer_silent", host="a")
        logging.getLogger("till").error("drawer stuck")
    assert "printer_silent" in watch.complaint()
    assert "drawer stuck" in watch.complaint()
    assert "drawer_opened" not in watch.complaint()


def test_a_declared_log_line_is_allowed_and_must_come(expected_logs: LogWatch) -> None:
    expected_logs("api_silent")
    structlog.get_logger().warning("api_silent", attempt=1)
    assert expected_logs.complaint() == ""
    with watched_logs() as watch:
        watch("card_silent")
    assert "card_silent" in watch.complaint()


def test_a_thread_left_running_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.quiet.GRACE_S", 0.0)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten", daemon=True)
    try:
        with pytest.raises(AssertionError, match="forgotten"), no_leaked_threads():
            thread.start()
    finally:
        stop.set()
        thread.join()


def test_no_test_sees_the_real_home(own_home: Path) -> None:
    homes = {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")}
    assert all(Path(home).is_relative_to(own_home) for home in homes.values())
    assert Path.home() == own_home
