"""Whether what the screens are made of is there and can be painted: icons, words, amounts, the demo shop."""

from __future__ import annotations

from pathlib import Path

import resources
import resources.demo
from pos_desktop.services.part_checks import Check, expect
from ui.text import LANGUAGES, NO_BREAK, Texts
from ui.theme import Theme


def screen_checks() -> tuple[Check, ...]:
    """List the checks, each with its name; they need a Qt application."""
    return (
        ("styles", _styles),
        ("icons", _icons),
        ("translations", _translations),
        ("money and dates", _money_and_dates),
        ("demo shop", _demo_shop),
    )


def _styles() -> str:
    sheets = {name: Theme(name).stylesheet() for name in ("light", "dark")}
    expect(all("{" in sheet for sheet in sheets.values()), "a theme says nothing")
    expect(sheets["light"] != sheets["dark"], "light and dark are the same")
    return ", ".join(sheets)


def _icons() -> str:
    theme, names = Theme(), resources.names("icons")
    for name in names:
        picture = theme.pixmap(Path(name).stem, "#000000", 24).toImage()
        inked = any(picture.pixelColor(x, y).alpha() for x in range(24) for y in range(24))
        expect(inked, f"{name} is empty")
    expect(names, "there are none")
    return f"{len(names)} drawn"


def _translations() -> str:
    words = {language: Texts(language).t("lock.log_in") for language in LANGUAGES}
    expect(len(set(words.values())) == len(LANGUAGES), f"the same words in all languages: {words}")
    return ", ".join(words.values())


def _money_and_dates() -> str:
    said = [
        f"{texts.money(123_456)} {texts.when('2026-03-05T12:00:00.000Z')}"
        for texts in (Texts(language, zone="Europe/Berlin") for language in ("en", "de"))
    ]
    wanted = ["€1,234.56 5 Mar 2026, 13:00", f"1.234,56{NO_BREAK}€ 5. März 2026, 13:00"]
    expect(said == wanted, f"said {said}")
    return " | ".join(said)


def _demo_shop() -> str:
    demo = resources.demo.load()
    people = sum(1 for _ in resources.demo.customers(10))
    expect(demo.products and people == 10, "no goods or no people")
    return f"{len(demo.products)} products"
