"""Numbers as people type them, brought to one form."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.digits import plain_text


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_takes_the_same_way_as_any_script(text: str) -> None:
    # A full-width letter makes a text one of another script, and is itself brought to ASCII.
    assert plain_text(text + "\uff21") == plain_text(text + "A")


@given(st.text())
def test_no_control_or_format_character_is_left_and_twice_is_as_once(text: str) -> None:
    plain = plain_text(text)
    assert not {unicodedata.category(char) for char in plain} & {"Cc", "Cf"}
    assert plain == plain.strip()
