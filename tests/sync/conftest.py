"""A central API, and a line to it that fails when told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.central import RunningApi, running_api
from tests.support.proxy import ChaosProxy, running_proxy
from tests.sync.shops import SyncedTill, synced_till


@pytest.fixture
def central(tmp_path: Path) -> Iterator[RunningApi]:
    """A central API that answers."""
    with running_api(tmp_path / "central.sqlite") as running:
        yield running


@pytest.fixture
def line(central: RunningApi) -> Iterator[ChaosProxy]:
    """The line to it."""
    with running_proxy(central.port) as proxy:
        yield proxy


@pytest.fixture
def till(tmp_path: Path, central: RunningApi, line: ChaosProxy) -> Iterator[SyncedTill]:
    """A till that has loaded the shop."""
    with synced_till(tmp_path / "till", central, line) as one:
        yield one
