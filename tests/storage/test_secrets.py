import stat
from collections.abc import Callable
from pathlib import Path

import keyring.backend
import pytest
from keyring.errors import InitError, PasswordDeleteError

from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.storage import secrets
from pos_desktop.storage.secrets import FILE_NAME, FileKeyStore, SystemKeyStore, open_key_store


class DesktopKeyring:
    """A desktop's key store that lives in memory and can be locked."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._knock()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._knock()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._knock()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")

    def _knock(self) -> None:
        if self.locked:
            raise InitError("the collection is locked")


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> DesktopKeyring:
    backend = DesktopKeyring()
    monkeypatch.setattr(DesktopKeyring, "__module__", "keyring.backends.SecretService")
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [backend])
    return backend


@pytest.fixture
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.backend, "get_all_keyring", list)


def test_a_file_keeps_secrets_across_openings(tmp_path: Path) -> None:
    FileKeyStore(tmp_path / FILE_NAME).set("token", "s3cret €")
    store = FileKeyStore(tmp_path / FILE_NAME)
    assert store.get("token") == "s3cret €"
    assert store.get("other") is None


def test_a_deleted_secret_is_gone_and_the_others_stay(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / FILE_NAME)
    store.set("token", "a")
    store.set("key", "b")
    store.delete("token")
    store.delete("never there")
    assert (store.get("token"), store.get("key")) == (None, "b")


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / FILE_NAME)
    store.set("token", "a")
    store.set("token", "b")
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_and_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / FILE_NAME
    store = FileKeyStore(path)
    store.set("token", "a")
    path.chmod(mode)
    attempts: list[Callable[[], object]] = [
        lambda: store.get("token"),
        lambda: store.set("token", "b"),
        lambda: store.delete("token"),
    ]
    for attempt in attempts:
        with pytest.raises(StorageTrouble) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.KEYS_UNREADABLE
    path.chmod(0o600)
    assert store.get("token") == "a"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"token": 1}', b"\xff"])
def test_a_damaged_file_is_refused_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StorageTrouble) as refusal:
        FileKeyStore(path).set("token", "b")
    assert refusal.value.params["reason"] == "damaged"
    assert path.read_bytes() == content


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    FileKeyStore(tmp_path / "elsewhere.json").set("token", "a")
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(StorageTrouble):
        FileKeyStore(tmp_path / FILE_NAME).get("token")


def test_the_desktops_store_is_used_where_there_is_one(tmp_path: Path, desktop: DesktopKeyring) -> None:
    store = open_key_store(tmp_path)
    store.set("token", "a")
    assert store.place == "system"
    assert open_key_store(tmp_path).get("token") == "a"
    assert not (tmp_path / FILE_NAME).exists()


def test_two_tills_on_one_machine_have_each_their_own_secrets(tmp_path: Path, desktop: DesktopKeyring) -> None:
    open_key_store(tmp_path / "one").set("token", "a")
    open_key_store(tmp_path / "two").set("token", "b")
    assert open_key_store(tmp_path / "one").get("token") == "a"


def test_a_moved_folder_still_finds_its_secrets(tmp_path: Path, desktop: DesktopKeyring) -> None:
    open_key_store(tmp_path / "old").set("token", "a")
    (tmp_path / "old").rename(tmp_path / "new")
    assert open_key_store(tmp_path / "new").get("token") == "a"


@pytest.mark.usefixtures("no_desktop")
def test_without_a_desktop_a_file_is_used(tmp_path: Path) -> None:
    store = open_key_store(tmp_path)
    store.set("token", "a")
    assert store.place == "file"
    assert (tmp_path / FILE_NAME).exists()


def test_a_till_that_began_with_a_file_stays_with_it(tmp_path: Path, desktop: DesktopKeyring) -> None:
    open_key_store(tmp_path, prefer_system=False).set("token", "a")
    assert open_key_store(tmp_path).get("token") == "a"
    assert not desktop.kept


def test_a_till_whose_secrets_are_out_of_reach_does_not_start_afresh(tmp_path: Path, desktop: DesktopKeyring) -> None:
    open_key_store(tmp_path).set("token", "a")
    desktop.locked = True
    with pytest.raises(StorageTrouble) as refusal:
        open_key_store(tmp_path)
    assert refusal.value.code is ErrorCode.KEYS_UNREADABLE
    assert not (tmp_path / FILE_NAME).exists()


def test_a_store_that_locks_itself_meanwhile_says_so(tmp_path: Path, desktop: DesktopKeyring) -> None:
    store = open_key_store(tmp_path)
    desktop.locked = True
    attempts: list[Callable[[], object]] = [
        lambda: store.get("token"),
        lambda: store.set("token", "b"),
        lambda: store.delete("token"),
    ]
    for attempt in attempts:
        with pytest.raises(StorageTrouble) as refusal:
            attempt()
        assert "locked" in str(refusal.value.params["reason"])


def test_deleting_from_the_desktops_store_twice_is_no_error(desktop: DesktopKeyring) -> None:
    store = SystemKeyStore(desktop, "till:x")
    store.set("token", "a")
    store.delete("token")
    store.delete("token")
    assert store.get("token") is None


def test_a_backend_of_a_third_party_is_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = DesktopKeyring()
    monkeypatch.setattr(DesktopKeyring, "__module__", "keyrings.alt.file")
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [backend])
    assert secrets.find_system_backend() is None
    assert open_key_store(tmp_path).place == "file"
