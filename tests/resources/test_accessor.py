"""The accessor finds what travels with the program, and nothing else."""

from __future__ import annotations

import pytest

import resources


def test_a_resource_is_found_whatever_the_working_directory(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert resources.path("icons/banknote.svg").is_absolute()
    assert resources.read_bytes("icons/banknote.svg").decode() == resources.text("icons/banknote.svg")


@pytest.mark.parametrize("name", ["", "icons/no-such.svg", "../pyproject.toml", "/etc/hostname", "icons\\banknote.svg"])
def test_a_name_that_is_none_is_refused_by_name(name: str) -> None:
    with pytest.raises(FileNotFoundError, match="resource"):
        resources.path(name)


def test_names_lists_the_files_of_a_folder_each_ready_for_path() -> None:
    listed = resources.names("icons")
    assert list(listed) == sorted(listed)
    assert "icons/scan-barcode.svg" in listed
    assert all(resources.path(name).is_file() for name in listed)


def test_names_lists_neither_licences_nor_code() -> None:
    assert all(name.endswith(".ttf") for name in resources.names("fonts"))
    assert all(name.endswith(".json") for name in resources.names("demo"))


def test_names_of_something_that_is_no_folder_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        resources.names("icons/banknote.svg")
