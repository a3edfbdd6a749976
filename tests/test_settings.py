import dataclasses
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.errors import BadInput, ErrorCode, StorageTrouble
from pos_desktop.settings import BY_KEY, FILE_NAME, TABLE, LookupSettings, Setting, Settings, load, save_toml

ROOT = Path(__file__).parent.parent

OUT_OF_RANGE: list[tuple[str, object]] = [
    ("terminal_id", ""),
    ("terminal_id", "a b"),
    ("terminal_id", "x" * 41),
    ("api_url", "ftp://host"),
    ("api_url", ""),
    ("language", "fr"),
    ("theme", ""),
    ("layout", "basket"),
    ("left_handed", 1),
    ("printer", "usb"),
    ("printer", "file:"),
    ("printer", "tcp://host"),
    ("printer", "tcp://host:70000"),
    ("printer_columns", 40),
    ("card_terminal", "tcp://:1"),
    ("card_terminal", "file:/tmp/x"),
    ("scanner_max_gap_ms", 4),
    ("scanner_max_gap_ms", 201),
    ("scanner_min_length", True),
    ("idle_lock_s", -1),
    ("idle_lock_s", "300"),
    ("disabled_plugins", "a, b"),
]
LOOKUP_OUT_OF_RANGE: list[tuple[str, object]] = [
    ("api_endpoint", "localhost"),
    ("timeout_seconds", 0),
    ("timeout_seconds", 61),
    ("timeout_seconds", 5.0),
    ("retry_attempts", 0),
    ("retry_attempts", 11),
    ("cache_ttl_seconds", -1),
    ("cache_ttl_seconds", 2_678_401),
    ("fallback_to_cache_on_error", "true"),
]


def write(folder: Path, text: str) -> None:
    (folder / FILE_NAME).write_text(text, "utf-8")


def test_a_till_without_a_file_starts_with_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path / "not there yet", {})
    assert settings == Settings(data_dir=tmp_path / "not there yet")
    assert not settings.data_dir.exists()


def test_the_lookup_defaults_are_those_of_seed_000() -> None:
    lookup = LookupSettings()
    assert (lookup.timeout_seconds, lookup.retry_attempts, lookup.cache_ttl_seconds) == (5, 2, 3600)
    assert lookup.fallback_to_cache_on_error is True


def test_the_table_and_the_dataclasses_agree(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    plain = {each.name: getattr(settings, each.name) for each in dataclasses.fields(Settings)}
    lookup = {f"lookup.{each.name}": getattr(settings.lookup, each.name) for each in dataclasses.fields(LookupSettings)}
    del plain["data_dir"], plain["lookup"], plain["overrides"]
    assert {**plain, **lookup} == {setting.key: setting.default for setting in TABLE}


def test_the_file_overrides_the_default_and_the_environment_overrides_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'language = "de"\ntheme = "dark"\n[lookup]\ntimeout_seconds = 3\nretry_attempts = 4\n')
    environ = {"TILL_THEME": "light", "TILL_LOOKUP_RETRY_ATTEMPTS": "1", "TILL_LEFT_HANDED": "yes", "LANG": "C"}
    settings = load(tmp_path, environ)
    assert (settings.language, settings.theme, settings.left_handed) == ("de", "light", True)
    assert (settings.lookup.timeout_seconds, settings.lookup.retry_attempts) == (3, 1)


def test_the_address_loses_its_trailing_slash(tmp_path: Path) -> None:
    assert load(tmp_path, {"TILL_API_URL": "https://central.example.com/"}).api_url == "https://central.example.com"


@pytest.mark.parametrize(("name", "value"), OUT_OF_RANGE)
def test_a_value_out_of_range_is_refused_by_name(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(BadInput) as refusal:
        dataclasses.replace(Settings(data_dir=tmp_path), **{name: value})  # type: ignore[arg-type] # wrong on purpose
    assert refusal.value.code is ErrorCode.SETTING_OUT_OF_RANGE
    assert refusal.value.params["setting"] == name
    assert refusal.value.params["allowed"]


@pytest.mark.parametrize(("name", "value"), LOOKUP_OUT_OF_RANGE)
def test_a_lookup_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadInput) as refusal:
        dataclasses.replace(LookupSettings(), **{name: value})  # type: ignore[arg-type] # wrong on purpose
    assert refusal.value.params["setting"] == f"lookup.{name}"


@pytest.mark.parametrize(
    "text",
    [
        'colour = "red"',
        "[lookup]\ntimeout = 5",
        'lookup = "yes"',
        "[printer]\ncolumns = 42",
        "theme = dark",
        "left_handed = 1",
        "scanner_max_gap_ms = 35.0",
        "scanner_max_gap_ms = [35]",
    ],
)
def test_a_file_that_says_something_unknown_or_unreadable_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(BadInput) as refusal:
        load(tmp_path, {})
    assert refusal.value.code is ErrorCode.SETTING_OUT_OF_RANGE


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput):
        load(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [("TILL_IDLE_LOCK_S", "soon"), ("TILL_IDLE_LOCK_S", "9" * 30), ("TILL_LEFT_HANDED", "2"), ("TILL_LANGUAGE", "")],
)
def test_an_environment_variable_out_of_range_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadInput):
        load(tmp_path, {name: value})


def _values(setting: Setting) -> st.SearchStrategy[object]:
    if setting.choices:
        return st.sampled_from(setting.choices)
    if isinstance(setting.default, bool):
        return st.booleans()
    if isinstance(setting.default, int):
        return st.integers(setting.low, setting.high)
    return st.just(setting.default)


changed = st.fixed_dictionaries({setting.key: _values(setting) for setting in TABLE})
paths = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=30).map(lambda text: f"file:x{text}")


@given(values=changed, printer=paths)
def test_what_is_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object], printer: str
) -> None:
    lookup = LookupSettings(**{k[7:]: v for k, v in values.items() if k.startswith("lookup.")})  # type: ignore[arg-type]
    plain = {k: v for k, v in values.items() if not k.startswith("lookup.")} | {"printer": printer}
    settings = Settings(data_dir=tmp_path_factory.mktemp("till"), lookup=lookup, **plain)  # type: ignore[arg-type]
    save_toml(settings)
    assert load(settings.data_dir, {}) == settings


def test_what_the_environment_decides_stays_out_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'theme = "dark"\nprinter = "file:paper"\n[lookup]\ntimeout_seconds = 3\n')
    environ = {
        "TILL_API_URL": "http://127.0.0.1:41234/",
        "TILL_CARD_TERMINAL": "tcp://127.0.0.1:41235",
        "TILL_PRINTER": "none",
        "TILL_LOOKUP_TIMEOUT_SECONDS": "9",
    }
    settings = load(tmp_path, environ)
    save_toml(dataclasses.replace(settings, language="de"))
    assert load(tmp_path, environ) == dataclasses.replace(settings, language="de")
    assert load(tmp_path, {}) == Settings(
        tmp_path, language="de", theme="dark", printer="file:paper", lookup=LookupSettings(timeout_seconds=3)
    )


def test_what_is_changed_on_a_screen_gets_into_the_file_whatever_the_environment_says(tmp_path: Path) -> None:
    settings = load(tmp_path, {"TILL_THEME": "dark", "TILL_LANGUAGE": "de"})
    save_toml(dataclasses.replace(settings, theme="light", language="en", printer_columns=48))
    assert load(tmp_path, {}) == Settings(tmp_path, printer_columns=48)
    save_toml(dataclasses.replace(settings, lookup=LookupSettings(timeout_seconds=7)))
    assert load(tmp_path, {}) == Settings(tmp_path, lookup=LookupSettings(timeout_seconds=7))


@given(values=changed, over=changed, chosen=st.sets(st.sampled_from([setting.key for setting in TABLE])))
def test_saving_what_was_loaded_leaves_the_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object], over: dict[str, object], chosen: set[str]
) -> None:
    lookup = LookupSettings(**{k[7:]: v for k, v in values.items() if k.startswith("lookup.")})  # type: ignore[arg-type]
    plain = {k: v for k, v in values.items() if not k.startswith("lookup.")}
    in_file = Settings(data_dir=tmp_path_factory.mktemp("till"), lookup=lookup, **plain)  # type: ignore[arg-type]
    save_toml(in_file)
    environ = {BY_KEY[key].environment_name: str(over[key]) for key in chosen}
    save_toml(load(in_file.data_dir, environ))
    assert load(in_file.data_dir, {}) == in_file


def test_saving_writes_only_what_differs_and_leaves_no_other_file(tmp_path: Path) -> None:
    save_toml(Settings(data_dir=tmp_path, theme="dark"))
    assert (tmp_path / FILE_NAME).read_text() == '# Explained in docs/settings.md\ntheme = "dark"\n'
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_reported_and_leaves_the_old_file(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(StorageTrouble) as refusal:
        save_toml(Settings(data_dir=blocked, theme="dark"))
    assert refusal.value.code is ErrorCode.DATABASE_READ_ONLY
    assert blocked.read_text() == "a file where the folder should be"


def test_a_full_disk_is_reported_as_such_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_toml(Settings(data_dir=tmp_path, theme="dark"))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageTrouble) as refusal:
        save_toml(Settings(data_dir=tmp_path, theme="light", language="de"))
    assert refusal.value.code is ErrorCode.DISK_FULL
    assert load(tmp_path, {}).theme == "dark"
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.key)
def test_each_setting_is_documented_with_its_default(setting: Setting) -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    row = re.search(rf"^\| `{re.escape(setting.key)}` \| `{setting.environment_name}` \| (.+?) \|", text, re.MULTILINE)
    default = str(setting.default).lower() if isinstance(setting.default, bool) else str(setting.default)
    assert row is not None
    assert row[1] == (f"`{default}`" if default else "(empty)")


def test_the_documentation_names_no_setting_that_is_gone() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE) == [setting.key for setting in TABLE]
