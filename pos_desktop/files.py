"""Files that are written whole or not at all, and that are there after the power failed."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from pos_desktop.domain.errors import ErrorCode, StorageTrouble


def write_whole(path: Path, data: bytes) -> None:
    """Replaces a file in one step: temporary file, flush to the disk, rename. Only the owner may read it.

    Args:
        path: the file; its folder is made when it is missing.
        data: the whole content.

    Raises:
        StorageTrouble: DISK_FULL, or DATABASE_READ_ONLY when the place cannot be written; the old file stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes it readable by the owner alone, from its first byte
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        code = ErrorCode.DISK_FULL if full else ErrorCode.DATABASE_READ_ONLY
        raise StorageTrouble(code, path=str(path)) from error


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new name in a folder last; without it the name itself may be lost with the power."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
