"""The one accessor of the files that travel with the program: fonts, icons, styles, translations and the demo shop.

It works alike from the sources and in a one-folder bundle, where this package's files lie beside its frozen modules.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

__all__ = ["names", "path", "read_bytes", "text"]

_ROOT = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Return where a resource lies.

    Args:
        name: relative, with forward slashes on every platform, such as ``icons/banknote.svg``.

    Raises:
        FileNotFoundError: there is no such resource; a name that leaves the resources is none.
    """
    relative = PurePosixPath(name)
    if not name or "\\" in name or relative.is_absolute() or ".." in relative.parts:
        raise FileNotFoundError(f"not the name of a resource: {name!r}")
    found = _ROOT.joinpath(*relative.parts)
    if not found.exists():
        raise FileNotFoundError(f"no resource named {name!r}")
    return found


def read_bytes(name: str) -> bytes:
    """Return the content of a resource.

    Args:
        name: as for ``path``.

    Raises:
        FileNotFoundError: there is no such resource.
    """
    return path(name).read_bytes()


def text(name: str) -> str:
    """Return the content of a resource that is UTF-8 text.

    Args:
        name: as for ``path``.

    Raises:
        FileNotFoundError: there is no such resource.
    """
    return path(name).read_text(encoding="utf-8")


def names(folder: str) -> tuple[str, ...]:
    """Return the names of the resources that lie directly in a folder, sorted, each ready for ``path``.

    Licences, code and subfolders are not listed.

    Args:
        folder: such as ``icons``.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    where = path(folder)
    if not where.is_dir():
        raise FileNotFoundError(f"not a folder of resources: {folder!r}")
    files = (entry.name for entry in where.iterdir() if entry.is_file())
    kept = (file for file in files if not file.startswith((".", "LICENSE")) and not file.endswith((".py", ".pyc")))
    return tuple(f"{folder.rstrip('/')}/{file}" for file in sorted(kept))
