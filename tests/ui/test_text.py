from __future__ import annotations

import re
import time
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.settings import TABLE
from ui.text import LANGUAGES, MINUS, Texts, catalogue

ROOT = Path(__file__).parents[2]
USED = re.compile(r"""\bt\(\s*(?:self\.\w+ )?["']([a-z][\w.]*)["']""")
SENTENCE_TABLES = re.compile(
    r"""["']((?:sale|lock|chip|app|scan|pay|payment|receipt|held|customer|sync|settings)\.[a-z_.]+)["']"""
)

FILES = {"receipt.pdf"}  # looks like a key and is the name of a file


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def _known(key: str) -> bool:
    return all(key in catalogue(lang) or f"{key}.other" in catalogue(lang) for lang in LANGUAGES)


def test_every_language_has_the_same_sentences() -> None:
    assert set(catalogue("en")) == set(catalogue("de"))


def test_a_sentence_takes_the_same_values_in_every_language() -> None:
    different = {key for key, text in catalogue("en").items() if _fields(text) != _fields(catalogue("de")[key])}
    assert different == set()


def test_no_sentence_is_empty() -> None:
    assert [key for lang in LANGUAGES for key, text in catalogue(lang).items() if not text.strip()] == []


def test_every_refusal_has_its_sentence() -> None:
    assert [code for code in ErrorCode if not _known(f"error.{code.value}")] == []


def test_every_setting_has_its_label() -> None:
    assert [setting.label_key for setting in TABLE if not _known(setting.label_key)] == []


def test_every_key_that_code_asks_for_exists() -> None:
    asked = {
        key
        for path in (ROOT / "ui").rglob("*.py")
        for key in USED.findall(path.read_text("utf-8")) + SENTENCE_TABLES.findall(path.read_text("utf-8"))
    }
    assert len(asked) > 100
    assert sorted(key for key in asked if not _known(key) and key not in FILES) == []


def test_every_sentence_that_a_plugin_may_show_exists() -> None:
    hints = {
        key
        for path in (ROOT / "pos_desktop" / "plugins").glob("*.py")
        for key in re.findall(r'"(plugin\.[a-z_]+\.[a-z_]+)"', path.read_text("utf-8"))
    }
    assert len(hints) >= 4
    assert sorted(key for key in hints if not _known(key)) == []


@pytest.mark.parametrize(
    ("language", "currency", "decimals", "minor", "shown"),
    [
        ("en", "EUR", 2, 13647, "€136.47"),
        ("de", "EUR", 2, 13647, "136,47\xa0€"),
        ("en", "EUR", 2, -5, f"{MINUS}€0.05"),
        ("de", "EUR", 2, -123456789, f"{MINUS}1.234.567,89\xa0€"),
        ("en", "JPY", 0, 1000, "JP¥1,000"),
        ("en", "KWD", 3, 1, "KWD\xa00.001"),
        ("de", "CHF", 2, 0, "0,00\xa0CHF"),
    ],
)
def test_money_is_written_as_the_language_does(
    language: str, currency: str, decimals: int, minor: int, shown: str
) -> None:
    assert Texts(language, currency, decimals).money(minor) == shown


@given(st.integers(-(10**15), 10**15), st.sampled_from([0, 2, 3]), st.sampled_from(["en", "de"]))
def test_an_amount_can_be_read_back_to_the_minor_unit(minor: int, decimals: int, language: str) -> None:
    texts = Texts(language, "EUR", decimals)
    digits = re.sub(r"[^0-9]", "", texts.amount(minor))
    assert int(digits) == abs(minor)
    assert texts.amount(minor).startswith(MINUS) == (minor < 0)


def test_quantities_show_pieces_bare_and_weights_with_three_decimals() -> None:
    texts = Texts("de", "EUR", 2)
    assert texts.quantity(12_000) == "12"
    assert texts.quantity(450, Unit.KILOGRAM) == "0,450\xa0kg"


def test_percent_drops_needless_zeros() -> None:
    assert Texts("en").percent(1_000) == "10\xa0%"
    assert Texts("de").percent(1_250) == "12,5\xa0%"


def test_plurals_follow_the_number() -> None:
    texts = Texts("en")
    assert texts.t("sale.items", n=1) == "1 item"
    assert texts.t("sale.items", n=1_200) == "1,200 items"


def test_a_moment_is_shown_in_the_shops_zone() -> None:
    texts = Texts("de", zone="Europe/Berlin")
    assert texts.time("2026-11-20T23:30:00.000Z") == "00:30"
    assert texts.when("2026-11-20T09:42:00.000Z") == "20. Nov. 2026, 10:42"


def test_recent_names_the_day_only_when_it_is_another() -> None:
    texts = Texts("en", zone="Europe/Berlin")
    assert texts.recent("2026-11-20T09:42:00.000Z", "2026-11-20T12:00:00.000Z") == "10:42"
    assert texts.recent("2026-11-19T09:42:00.000Z", "2026-11-20T12:00:00.000Z") == "19 Nov 2026, 10:42"


def test_a_refusal_shows_its_amounts_as_money() -> None:
    trouble = BadInput(ErrorCode.PAID_LESS_THAN_DUE, left_minor=1_250)
    assert "€12.50" in Texts("en").error(trouble)


def test_a_refusal_without_its_value_is_still_readable() -> None:
    assert "…" in Texts("en").error(BadInput(ErrorCode.PAID_LESS_THAN_DUE))


def test_an_unknown_key_is_a_bug_and_said_so() -> None:
    with pytest.raises(KeyError):
        Texts("en").t("no.such.key", n="x")


def test_a_missing_sentence_is_named_whatever_its_values() -> None:
    for values in ({}, {"name": "x"}, {"n": 2}):
        with pytest.raises(KeyError, match=r"no\.such\.key"):
            Texts("en").t("no.such.key", **values)


def test_a_sentence_with_a_plural_and_no_number_is_named() -> None:
    with pytest.raises(KeyError, match=r"sale\.items"):
        Texts("en").t("sale.items")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of the machine can be changed on POSIX only")
def test_without_a_zone_the_machines_own_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        for zone, shown in (("UTC", "23:30"), ("XXX-05:30", "05:00")):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert Texts("en", zone="").time("2026-11-20T23:30:00.000Z") == shown
    finally:
        monkeypatch.undo()
        time.tzset()
