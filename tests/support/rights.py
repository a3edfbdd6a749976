"""The rights of an ordinary user, for a suite that may be run by root, who may write anywhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65_534


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that an ordinary user can reach."""
    with tempfile.TemporaryDirectory(prefix="till-rights-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in folder.rglob("*"):
            path.chmod(0o700)
        folder.chmod(0o700)


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Give up what root may do, for the length of a block."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
