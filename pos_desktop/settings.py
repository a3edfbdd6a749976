"""What can be set on a till: one declared table, read once and handed down.

The order of precedence is environment variable, then ``<data_dir>/till.toml``, then the default. Each setting is
explained in ``docs/settings.md`` (a test holds that), and its label for the screen is the translation ``setting.<key>``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.files import write_whole

Value = str | int | bool

FILE_NAME = "till.toml"
ENVIRONMENT_PREFIX = "TILL_"

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


def _is_http_url(text: str) -> bool:
    return re.fullmatch(r"https?://[^\s/]+(/\S*)?", text) is not None


def _is_http_url_or_empty(text: str) -> bool:
    return not text or _is_http_url(text)


def _is_terminal_id(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text) is not None


def _is_tcp(text: str) -> bool:
    match = re.fullmatch(r"tcp://[^\s/:]+:(\d{1,5})|tcp://\[[0-9A-Fa-f:]+\]:(\d{1,5})", text)
    return match is not None and 0 < int(match[1] or match[2]) < 65_536


def _is_card_terminal(text: str) -> bool:
    return text == "none" or _is_tcp(text)


def _is_printer(text: str) -> bool:
    return text == "none" or _is_tcp(text) or re.fullmatch(r"file:\S.*", text) is not None


def _is_name_list(text: str) -> bool:
    return re.fullmatch(r"([a-z_]+(,[a-z_]+)*)?", text) is not None


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table.

    Args:
        key: name in the file; a dot leads into a section (``lookup.timeout_seconds``).
        default: value when nobody says otherwise; its type is the type of the setting.
        low: least number allowed, inclusive.
        high: greatest number allowed, inclusive.
        choices: the only values allowed, when not empty.
        accepts: a rule for free text.
        form: how the allowed text looks, for the refusal's sentence.
    """

    key: str
    default: Value
    low: int | None = None
    high: int | None = None
    choices: tuple[Value, ...] = ()
    accepts: Callable[[str], bool] | None = None
    form: str = ""

    @property
    def label_key(self) -> str:
        """The translation that names this setting on screen."""
        return f"setting.{self.key}"

    @property
    def environment_name(self) -> str:
        """The environment variable that overrides the file."""
        return ENVIRONMENT_PREFIX + self.key.replace(".", "_").upper()

    @property
    def allowed(self) -> str:
        """What may be set, for the refusal's sentence: the same in every language."""
        if self.choices:
            return " | ".join(str(choice) for choice in self.choices)
        if isinstance(self.default, bool):
            return "true | false"
        if isinstance(self.default, int):
            return f"{self.low}–{self.high}"
        return self.form

    def check(self, value: object) -> Value:
        """Returns the value when it may be set.

        Raises:
            BadInput: SETTING_OUT_OF_RANGE with ``setting``, ``value`` and ``allowed``.
        """
        # bool is a kind of int in Python, and true is not a number of seconds
        if type(value) is not type(self.default) or not isinstance(value, (str, int)):
            self._refuse(value)
        if self.choices and value not in self.choices:
            self._refuse(value)
        if isinstance(value, str):
            if self.accepts is not None and not self.accepts(value):
                self._refuse(value)
        elif (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            self._refuse(value)
        return value

    def parse(self, text: str) -> Value:
        """Reads the value as somebody types it into an environment variable or a field.

        Raises:
            BadInput: SETTING_OUT_OF_RANGE.
        """
        if isinstance(self.default, bool):
            word = text.strip().lower()
            if word not in _YES | _NO:
                self._refuse(text)
            return word in _YES
        if isinstance(self.default, int):
            if re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()) is None:
                self._refuse(text)
            return self.check(int(text))
        return self.check(text)

    def _refuse(self, value: object) -> NoReturn:
        raise BadInput(ErrorCode.SETTING_OUT_OF_RANGE, setting=self.key, value=str(value)[:200], allowed=self.allowed)


TABLE: tuple[Setting, ...] = (
    Setting("terminal_id", "term_001", accepts=_is_terminal_id, form="A–Z a–z 0–9 _ -"),
    Setting("api_url", "http://127.0.0.1:8770", accepts=_is_http_url, form="https://…"),
    Setting("language", "en", choices=("en", "de")),
    Setting("theme", "light", choices=("light", "dark")),
    Setting("layout", "scan_first", choices=("scan_first", "tiles_first")),
    Setting("left_handed", False),
    Setting("printer", "none", accepts=_is_printer, form="none | file:<path> | tcp://<host>:<port>"),
    Setting("printer_columns", 42, choices=(42, 48, 32)),
    Setting("card_terminal", "none", accepts=_is_card_terminal, form="none | tcp://<host>:<port>"),
    Setting("scanner_max_gap_ms", 35, low=5, high=200),
    Setting("scanner_min_length", 4, low=2, high=20),
    Setting("idle_lock_s", 300, low=0, high=86_400),
    Setting("disabled_plugins", "", accepts=_is_name_list, form="name,name"),
    Setting("lookup.api_endpoint", "", accepts=_is_http_url_or_empty, form="https://…"),
    Setting("lookup.timeout_seconds", 5, low=1, high=60),
    Setting("lookup.retry_attempts", 2, low=1, high=10),
    Setting("lookup.cache_ttl_seconds", 3600, low=0, high=2_678_400),
    Setting("lookup.fallback_to_cache_on_error", True),
)
BY_KEY: Mapping[str, Setting] = MappingProxyType({setting.key: setting for setting in TABLE})


@dataclass(frozen=True, slots=True)
class LookupSettings:
    """How a customer is looked up at the central API: names and defaults are those of seed 000.

    Args:
        api_endpoint: where to ask; empty means the central API of ``Settings.api_url``.
        timeout_seconds: how long one attempt may take, 1 to 60 seconds.
        retry_attempts: attempts in all (seed 000 logs them as 1/2, 2/2), 1 to 10.
        cache_ttl_seconds: how long an answer counts as fresh, up to 31 days; 0 asks every time.
        fallback_to_cache_on_error: whether an older answer is used when nobody answers.

    Raises:
        BadInput: SETTING_OUT_OF_RANGE.
    """

    api_endpoint: str = ""
    timeout_seconds: int = 5
    retry_attempts: int = 2
    cache_ttl_seconds: int = 3600
    fallback_to_cache_on_error: bool = True

    def __post_init__(self) -> None:
        for each in fields(self):
            BY_KEY[f"lookup.{each.name}"].check(getattr(self, each.name))


@dataclass(frozen=True, slots=True)
class Override:
    """A setting that the environment decides.

    Args:
        key: of the table.
        value: what the environment says.
        beneath: what the file says, or the default.
    """

    key: str
    value: Value
    beneath: Value


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, checked. Make a changed copy with ``dataclasses.replace``.

    Args:
        data_dir: folder of the till's files; given by whoever starts the till, never written into the file.
        terminal_id: name of this terminal at the central API.
        api_url: address of the central API, without a path's trailing slash.
        language: language of the screens and receipts.
        theme: colours.
        layout: whether the basket or the tiles get the larger share of the sale screen.
        left_handed: mirrors the sale screen.
        printer: ``none``, ``file:<path>`` or ``tcp://<host>:<port>``.
        printer_columns: characters in a line of the receipt.
        card_terminal: ``none`` or ``tcp://<host>:<port>``.
        scanner_max_gap_ms: keys that follow faster than this come from a scanner, in milliseconds.
        scanner_min_length: a burst shorter than this is typing.
        idle_lock_s: the till locks itself after so many seconds without a touch; 0 never.
        disabled_plugins: names of the plugins that are switched off, separated by commas.
        lookup: how customers are looked up.
        overrides: what the environment decided at the start; :func:`save_toml` keeps it out of the file.

    Raises:
        BadInput: SETTING_OUT_OF_RANGE.
    """

    data_dir: Path
    terminal_id: str = "term_001"
    api_url: str = "http://127.0.0.1:8770"
    language: str = "en"
    theme: str = "light"
    layout: str = "scan_first"
    left_handed: bool = False
    printer: str = "none"
    printer_columns: int = 42
    card_terminal: str = "none"
    scanner_max_gap_ms: int = 35
    scanner_min_length: int = 4
    idle_lock_s: int = 300
    disabled_plugins: str = ""
    lookup: LookupSettings = field(default_factory=LookupSettings)
    overrides: tuple[Override, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for setting in TABLE:
            if "." not in setting.key:
                setting.check(getattr(self, setting.key))


def load(data_dir: Path, environ: Mapping[str, str]) -> Settings:
    """Reads the settings of a till.

    Args:
        data_dir: folder that holds ``till.toml``; neither needs to exist.
        environ: ``TILL_<KEY>`` overrides the file; other variables are none of ours and are left alone.

    Returns:
        The checked settings.

    Raises:
        BadInput: SETTING_OUT_OF_RANGE, also for a key that nobody knows, so that a slip of the pen is noticed, and for
            a file that is no TOML.
    """
    in_file = _read_file(data_dir / FILE_NAME)
    spoken = [setting for setting in TABLE if setting.environment_name in environ]
    settings = _build(
        data_dir, in_file | {setting.key: setting.parse(environ[setting.environment_name]) for setting in spoken}
    )
    overrides = (
        Override(setting.key, _value(settings, setting), in_file.get(setting.key, setting.default))
        for setting in spoken
    )
    return replace(settings, overrides=tuple(overrides))


def save_toml(settings: Settings) -> None:
    """Writes what differs from the defaults to ``<data_dir>/till.toml``, whole or not at all.

    What the environment decided and nobody has changed since does not get into the file: it holds for one start only.

    Raises:
        StorageTrouble: DISK_FULL or DATABASE_READ_ONLY when the file cannot be written; the old one stays.
    """
    kept = {each.key: _kept_value(settings, each) for each in TABLE}
    changed = [(key, _toml(value)) for key, value in kept.items() if value != BY_KEY[key].default]
    plain = [f"{key} = {value}" for key, value in changed if "." not in key]
    lookup = [f"{key.partition('.')[2]} = {value}" for key, value in changed if key.startswith("lookup.")]
    text = "\n".join(["# Explained in docs/settings.md", *plain, *(["", "[lookup]", *lookup] if lookup else []), ""])
    write_whole(settings.data_dir / FILE_NAME, text.encode())


def _read_file(path: Path) -> dict[str, Value]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            ErrorCode.SETTING_OUT_OF_RANGE, setting=FILE_NAME, value=str(error)[:200], allowed="TOML"
        ) from error
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": each for inner, each in value.items()})
        else:
            flat[key] = value
    for key, value in flat.items():
        if key not in BY_KEY:
            raise BadInput(
                ErrorCode.SETTING_OUT_OF_RANGE, setting=key, value=str(value)[:200], allowed=" | ".join(BY_KEY)
            )
    return {key: BY_KEY[key].check(value) for key, value in flat.items()}


def _build(data_dir: Path, values: Mapping[str, Value]) -> Settings:
    def text(key: str) -> str:
        return str(values.get(key, BY_KEY[key].default))

    def number(key: str) -> int:
        return int(values.get(key, BY_KEY[key].default))

    def flag(key: str) -> bool:
        return bool(values.get(key, BY_KEY[key].default))

    return Settings(
        data_dir=data_dir,
        terminal_id=text("terminal_id"),
        api_url=text("api_url").rstrip("/"),
        language=text("language"),
        theme=text("theme"),
        layout=text("layout"),
        left_handed=flag("left_handed"),
        printer=text("printer"),
        printer_columns=number("printer_columns"),
        card_terminal=text("card_terminal"),
        scanner_max_gap_ms=number("scanner_max_gap_ms"),
        scanner_min_length=number("scanner_min_length"),
        idle_lock_s=number("idle_lock_s"),
        disabled_plugins=text("disabled_plugins"),
        lookup=LookupSettings(
            api_endpoint=text("lookup.api_endpoint"),
            timeout_seconds=number("lookup.timeout_seconds"),
            retry_attempts=number("lookup.retry_attempts"),
            cache_ttl_seconds=number("lookup.cache_ttl_seconds"),
            fallback_to_cache_on_error=flag("lookup.fallback_to_cache_on_error"),
        ),
    )


def _value(settings: Settings, setting: Setting) -> Value:
    section, _, name = setting.key.rpartition(".")
    return setting.check(getattr(settings.lookup if section else settings, name))


def _kept_value(settings: Settings, setting: Setting) -> Value:
    value = _value(settings, setting)
    for override in settings.overrides:
        if override.key == setting.key and override.value == value:
            return override.beneath
    return value


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # a JSON string in ASCII is a TOML basic string too, once DEL is escaped and no character needs two halves
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
