"""One running central API a test, with a small shop, and its two terminals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central.client import Terminal
from tests.support.central import RunningApi, running_api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[RunningApi]:
    """A central API that answers."""
    with running_api(tmp_path / "central.sqlite") as running:
        yield running


@pytest.fixture
def till(api: RunningApi) -> Iterator[Terminal]:
    """The first terminal."""
    with Terminal(api.url, api.tokens["term_001"]) as terminal:
        yield terminal


@pytest.fixture
def other_till(api: RunningApi) -> Iterator[Terminal]:
    """The second terminal."""
    with Terminal(api.url, api.tokens["term_002"], "epoch-2") as terminal:
        yield terminal
