"""A till with real files and the demo shop, for every test of the use cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tills import TestTill, running_till


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestTill]:
    """A till of the demo shop, in contact with the centre."""
    with running_till(tmp_path) as parts:
        yield parts
