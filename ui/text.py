"""All words, amounts and times that a person reads, in the language of the till.

Sentences lie in ``resources/translations/<language>.json`` under keys; a key with a plural has one entry for each
form that the language needs (``sale.items.one``, ``sale.items.other``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_currency_symbol

import resources
from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.errors import UserError

LANGUAGES: Mapping[str, str] = {"en": "en_GB", "de": "de_DE"}
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The sentences of one language by key.

    Raises:
        KeyError: for a language that has no catalogue.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    sentences: dict[str, str] = json.loads(resources.text(f"translations/{language}.json"))
    return sentences


class Texts:
    """Sentences, amounts and times for one language and one shop.

    Args:
        language: one of :data:`LANGUAGES`.
        currency: ISO 4217 code.
        decimals: minor digits of the currency.
        zone: IANA time zone in which times are shown; empty for the machine's own.
    """

    def __init__(self, language: str, currency: str = "EUR", decimals: int = 2, zone: str = "UTC") -> None:
        self.language = language
        self.currency = currency
        self.decimals = decimals
        self._sentences = catalogue(language)
        self._locale = Locale.parse(LANGUAGES[language])
        self._zone = ZoneInfo(zone) if zone else None
        symbols = self._locale.number_symbols["latn"]
        self.decimal_mark: str = symbols["decimal"]
        self._group: str = symbols["group"]
        pattern = self._locale.currency_formats["standard"].pattern.split(";")[0]
        symbol = get_currency_symbol(currency, self._locale)
        self._symbol_first = pattern.startswith("\N{CURRENCY SIGN}")
        # A code such as CHF touches its number without a space, a sign such as the euro's does not need one.
        gap = NO_BREAK if not self._symbol_first or symbol[-1].isalpha() else ""
        self._symbol = symbol + gap if self._symbol_first else gap + symbol

    def t(self, key: str, **params: object) -> str:
        """The sentence under ``key`` with its values filled in.

        Args:
            key: its name in the catalogue; with ``n`` among the values the plural form is chosen.
            params: values; whole numbers are grouped as the language does.

        Raises:
            KeyError: for a key or a value that is missing.
        """
        sentence = self._sentences.get(key)
        if sentence is None:
            sentence = self._plural(key, params.get("n"))
        if not params:
            return sentence
        return sentence.format_map({name: self._filled(value) for name, value in params.items()})

    def _plural(self, key: str, count: object) -> str:
        if not isinstance(count, int):
            raise KeyError(key)
        form = self._locale.plural_form(count)
        sentence = self._sentences.get(f"{key}.{form}") or self._sentences.get(f"{key}.other")
        if sentence is None:
            raise KeyError(key)
        return sentence

    def has(self, key: str) -> bool:
        """Whether there is a sentence under ``key``."""
        return key in self._sentences

    def error(self, trouble: UserError) -> str:
        """What, why and what now, for a refusal.

        Values whose name ends in ``_minor`` are shown as money, in ``_milli`` as a quantity.
        """
        filled = {name: self._error_value(name, value) for name, value in trouble.params.items()}
        sentence = self._sentences[f"error.{trouble.code.value}"]
        return sentence.format_map(_Lenient(filled))

    def number(self, value: int) -> str:
        """A whole number, grouped."""
        return self._signed(value, str(abs(value)), "")

    def amount(self, minor: int) -> str:
        """An amount in minor units, without the currency."""
        digits = str(abs(minor)).rjust(self.decimals + 1, "0")
        whole, part = (digits[: -self.decimals], digits[-self.decimals :]) if self.decimals else (digits, "")
        return self._signed(minor, whole, part)

    def money(self, minor: int) -> str:
        """An amount in minor units, with the currency."""
        bare = self.amount(abs(minor))
        sign = MINUS if minor < 0 else ""
        return sign + (self._symbol + bare if self._symbol_first else bare + self._symbol)

    def quantity(self, milli: int, unit: Unit = Unit.PIECE) -> str:
        """A quantity in thousandths of a unit: pieces bare, everything else with three decimals and its unit."""
        if unit is Unit.PIECE and milli % 1000 == 0:
            return self.number(milli // 1000)
        digits = str(abs(milli)).rjust(4, "0")
        text = self._signed(milli, digits[:-3], digits[-3:])
        return text if unit is Unit.PIECE else f"{text}{NO_BREAK}{unit.value}"

    def percent(self, basis_points: int) -> str:
        """A share in basis points, such as ``12.5 %``."""
        whole, part = divmod(abs(basis_points), 100)
        digits = f"{part:02d}".rstrip("0")
        return self._signed(basis_points, str(whole), digits) + NO_BREAK + "%"

    def time(self, iso: str) -> str:
        """The time of day of a UTC moment, at the shop."""
        return self._local(iso).strftime("%H:%M")

    def date(self, iso: str) -> str:
        """The day of a UTC moment, at the shop."""
        moment = self._local(iso)
        month: str = self._locale.months["format"]["abbreviated"][moment.month]
        if self.language == "de":
            return f"{moment.day}. {month} {moment.year}"
        return f"{moment.day} {month} {moment.year}"

    def when(self, iso: str) -> str:
        """Day and time of a UTC moment, at the shop."""
        return f"{self.date(iso)}, {self.time(iso)}"

    def recent(self, iso: str, now_iso: str) -> str:
        """The time alone for today, with its day otherwise. Both moments UTC."""
        same_day = self._local(iso).date() == self._local(now_iso).date()
        return self.time(iso) if same_day else self.when(iso)

    def _local(self, iso: str) -> datetime:
        return datetime.fromisoformat(iso).astimezone(self._zone)

    def _signed(self, value: int, whole: str, part: str) -> str:
        head = len(whole) % 3
        groups = ([whole[:head]] if head else []) + [whole[at : at + 3] for at in range(head, len(whole), 3)]
        text = self._group.join(groups) + (self.decimal_mark + part if part else "")
        return MINUS + text if value < 0 else text

    def _filled(self, value: object) -> object:
        return self.number(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def _error_value(self, name: str, value: str | int | None) -> object:
        if isinstance(value, int) and name.endswith("_minor"):
            return self.money(value)
        if isinstance(value, int) and name.endswith("_milli"):
            return self.quantity(value)
        return "" if value is None else self._filled(value)


class _Lenient(dict[str, object]):
    # A refusal that lacks a value must still be readable: a missing number is no reason to show no reason.
    def __missing__(self, key: str) -> str:
        return "\N{HORIZONTAL ELLIPSIS}"
