from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFontDatabase, QFontMetrics
from PySide6.QtWidgets import QApplication

import resources
from ui.theme import TEXT_PAIRS, THEMES, Theme, contrast, font, readable_on

UI = Path(__file__).parents[2] / "ui"
NOT_SHOWN = {"theme.py", "screen_checks.py"}  # the table itself, and a check that paints icons for nobody to see
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|rgba?\(")


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pair", TEXT_PAIRS)
def test_what_is_read_stands_out_from_its_ground(name: str, pair: tuple[str, str]) -> None:
    tokens = THEMES[name]
    assert contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) >= 4.5


def test_contrast_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@given(st.integers(0, 0xFFFFFF))
def test_a_picture_can_be_seen_on_any_colour(colour: int) -> None:
    ground = f"#{colour:06x}"
    assert contrast(readable_on(ground), ground) >= 3


@pytest.mark.parametrize("name", THEMES)
def test_the_stylesheet_has_a_value_for_every_token(qapp: QApplication, name: str) -> None:
    assert "@" not in Theme(name).stylesheet()


def test_colours_stand_in_the_table_of_tokens_only() -> None:
    found = {
        str(path.relative_to(UI))
        for path in UI.rglob("*.py")
        if path.name not in NOT_SHOWN
        and COLOUR.search(re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.DOTALL))
    }
    assert found == set()
    assert not COLOUR.search(resources.text("styles/till.qss"))


def test_switching_the_theme_tells_who_paints(qapp: QApplication) -> None:
    theme = Theme("light")
    told: list[str] = []
    theme.changed.connect(lambda: told.append(theme.tokens.surface))
    theme.use("dark")
    assert told == [THEMES["dark"].surface]


def test_letters_come_with_the_till(qapp: QApplication) -> None:
    assert "Inter" in QFontDatabase.families()


def test_figures_are_of_one_width(qapp: QApplication) -> None:
    metrics = QFontMetrics(font(16))
    assert len({metrics.horizontalAdvance(digit * 4) for digit in "0123456789"}) == 1


def test_an_icon_takes_the_colour_it_is_given(qapp: QApplication) -> None:
    image = Theme().pixmap("plus", "#ff0000", 24).toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() == 255
    }
    assert colours == {"#ff0000"}
