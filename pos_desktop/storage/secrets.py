"""Where the till keeps its secrets: the terminal's token and keys, never in settings, logs, database or backups.

The system's own key store is used where there is one; otherwise a file that only the owner can read. Whichever held a
till's secrets first keeps them: a till that was set up on a desktop must not seem new when it is started without one.
"""

from __future__ import annotations

import json
import os
import stat
import threading
import uuid
from pathlib import Path
from typing import Protocol

from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.files import write_whole

FILE_NAME = "keys.json"
MARKER_NAME = "keys.system"

#: Modules of keyring that keep secrets without asking on standard input. Third-party backends (keyrings.alt and the like)
#: are never taken: they put themselves first, store in the clear, or wait for a password that nobody can type.
_TRUSTED_MODULES = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)


class SystemBackend(Protocol):
    """What is used of a backend of keyring."""

    def get_password(self, service: str, username: str, /) -> str | None: ...

    def set_password(self, service: str, username: str, password: str, /) -> None: ...

    def delete_password(self, service: str, username: str, /) -> None: ...


class KeyStore(Protocol):
    """Secrets by name."""

    @property
    def place(self) -> str:
        """``system`` or ``file``, for the report on the till's health."""

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none of that name.

        Raises:
            StorageTrouble: KEYS_UNREADABLE with ``place`` and ``reason``.
        """

    def set(self, name: str, value: str) -> None:
        """Keeps a secret, for good when the call returns.

        Raises:
            StorageTrouble: KEYS_UNREADABLE, DISK_FULL or DATABASE_READ_ONLY.
        """

    def delete(self, name: str) -> None:
        """Forgets a secret; one that is not there is no error.

        Raises:
            StorageTrouble: as for ``set``.
        """


class FileKeyStore:
    """Secrets in one file that nobody but the owner may read.

    Args:
        path: the file; it is made by the first ``set``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @property
    def place(self) -> str:
        return "file"

    def get(self, name: str) -> str | None:
        return self._read().get(name)

    def set(self, name: str, value: str) -> None:
        with self._lock:
            self._write({**self._read(), name: value})

    def delete(self, name: str) -> None:
        with self._lock:
            keys = self._read()
            if keys.pop(name, None) is not None:
                self._write(keys)

    def _write(self, keys: dict[str, str]) -> None:
        write_whole(self._path, json.dumps(keys, indent=1).encode())

    def _read(self) -> dict[str, str]:
        # O_NOFOLLOW: a link could lead to a file that somebody else chose
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(self._path, flags)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _trouble(self._path.name, error.strerror or "unreadable") from error
        with os.fdopen(handle, "rb") as file:
            self._refuse_shared(os.fstat(file.fileno()))
            data = file.read()
        try:
            keys = json.loads(data)
        except ValueError as error:
            raise _trouble(self._path.name, "damaged") from error
        if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
            raise _trouble(self._path.name, "damaged")
        return keys

    def _refuse_shared(self, status: os.stat_result) -> None:
        if os.name != "posix":
            return
        if status.st_uid != os.geteuid():
            raise _trouble(self._path.name, "owned by another user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise _trouble(self._path.name, "open to other users")


class SystemKeyStore:
    """Secrets in the desktop's own store (Secret Service, KWallet, Keychain, Windows).

    Args:
        backend: a backend of keyring that is known to work.
        service: the name under which this till's secrets are filed.
    """

    def __init__(self, backend: SystemBackend, service: str) -> None:
        self._backend = backend
        self._service = service

    @property
    def place(self) -> str:
        return "system"

    def get(self, name: str) -> str | None:
        from keyring.errors import KeyringError

        try:
            return self._backend.get_password(self._service, name)
        except KeyringError as error:
            raise _trouble("system", str(error)) from error

    def set(self, name: str, value: str) -> None:
        from keyring.errors import KeyringError

        try:
            self._backend.set_password(self._service, name, value)
        except KeyringError as error:
            raise _trouble("system", str(error)) from error

    def delete(self, name: str) -> None:
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            self._backend.delete_password(self._service, name)
        except PasswordDeleteError:
            # most backends say so for a name that is not there; one that is must not be left behind
            if self.get(name) is not None:
                raise _trouble("system", "not deleted") from None
        except KeyringError as error:
            raise _trouble("system", str(error)) from error


def open_key_store(data_dir: Path, prefer_system: bool = True) -> KeyStore:
    """Finds the place of a till's secrets.

    Args:
        data_dir: the till's folder.
        prefer_system: whether a till that has no secrets yet should keep them in the system's store.

    Returns:
        The store that holds this till's secrets, or will.

    Raises:
        StorageTrouble: KEYS_UNREADABLE when the secrets lie in the system's store and that cannot be reached: starting
            afresh beside them would make a new till of this one.
    """
    path, marker = data_dir / FILE_NAME, data_dir / MARKER_NAME
    filed_under = _read_marker(marker)
    if filed_under is None and (path.exists() or not prefer_system):
        return FileKeyStore(path)
    backend = find_system_backend()
    if backend is None:
        if filed_under is not None:
            raise _trouble("system", "not reachable")
        return FileKeyStore(path)
    if filed_under is None:
        # two tills on one machine have each their own token, and a folder may be moved
        filed_under = f"till:{uuid.uuid4()}"
        write_whole(marker, filed_under.encode())
    return SystemKeyStore(backend, filed_under)


def find_system_backend() -> SystemBackend | None:
    """The first trusted backend that answers, or None on a machine without one."""
    import keyring.backend
    from keyring.errors import KeyringError

    found = (each for each in keyring.backend.get_all_keyring() if type(each).__module__ in _TRUSTED_MODULES)
    for backend in sorted(found, key=lambda each: -each.priority):
        try:
            backend.get_password("till", "probe")
        except (KeyringError, RuntimeError, OSError):
            continue
        return backend
    return None


def _read_marker(marker: Path) -> str | None:
    try:
        return marker.read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def _trouble(place: str, reason: str) -> StorageTrouble:
    return StorageTrouble(ErrorCode.KEYS_UNREADABLE, place=place, reason=reason[:200])
