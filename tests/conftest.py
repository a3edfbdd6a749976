"""The frame of every test: a home of its own, no screen, and silence."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from tests.support.quiet import LogWatch, no_leaked_threads, watched_logs

# before anything imports Qt
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# a slow machine is no failure, and no example database is left in the tree
hypothesis_settings.register_profile("till", deadline=None, database=None)
hypothesis_settings.load_profile("till")

_HOME_VARIABLES = {
    "HOME": "",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "XDG_RUNTIME_DIR": "run",
}


def _homes(folder: Path) -> dict[str, str]:
    homes = {name: str(folder / part) for name, part in _HOME_VARIABLES.items()}
    for home in homes.values():
        Path(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    return homes


def pytest_configure(config: pytest.Config) -> None:
    """Takes the real home away before the first fixture, so that no test can read or write it."""
    folder = Path(tempfile.mkdtemp(prefix="till-home-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ.update(_homes(folder))
    for name in [name for name in os.environ if name.startswith("TILL_")]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for this test alone."""
    folder = tmp_path_factory.mktemp("home")
    for name, value in _homes(folder).items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture(autouse=True)
def threads_end(own_home: Path) -> Iterator[None]:
    """What a test starts it also stops."""
    with no_leaked_threads():
        yield


@pytest.fixture(autouse=True)
def expected_logs(threads_end: None) -> Iterator[LogWatch]:
    """Call it with patterns to allow, and to demand, log lines of WARNING or above: ``expected_logs("api_silent")``."""
    with watched_logs() as watch:
        yield watch
    complaint = watch.complaint()
    assert not complaint, complaint
