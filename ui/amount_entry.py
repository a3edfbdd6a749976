"""What a keypad has typed so far, as text and as minor units. Pure: the widgets only show it."""

from __future__ import annotations

BACK = "back"
CLEAR = "clear"
POINT = "."
DOUBLE_ZERO = "00"

# twelve digits before the point are more than any currency note of any shop; longer is a stuck key
_MOST_DIGITS = 12


def press(text: str, key: str, decimals: int) -> str:
    """Take one key.

    Args:
        text: what is typed so far, such as ``12.5``; the point is always ``.`` here, whatever the screen shows.
        key: a digit, ``00``, ``.`` (or ``,``), ``back`` or ``clear``.
        decimals: digits allowed after the point; 0 takes no point at all.

    Returns:
        The new text; a key that makes no sense leaves it as it is.
    """
    if key == CLEAR:
        return ""
    if key == BACK:
        return text[:-1]
    if key in {POINT, ","}:
        return text if decimals == 0 or POINT in text else (text or "0") + POINT
    if not (key.isascii() and key.isdigit()):
        return text
    for digit in key:
        text = _with_digit(text, digit, decimals)
    return text


def _with_digit(text: str, digit: str, decimals: int) -> str:
    whole, point, fraction = text.partition(POINT)
    if point:
        return text + digit if len(fraction) < decimals else text
    if whole == "0":
        return digit
    return text + digit if len(whole) < _MOST_DIGITS else text


def to_minor(text: str, decimals: int) -> int | None:
    """Return the typed amount in minor units, or None when nothing is typed."""
    if not text:
        return None
    whole, _, fraction = text.partition(POINT)
    return int((whole or "0") + fraction.ljust(decimals, "0")[:decimals])


def from_minor(minor: int, decimals: int) -> str:
    """Return an amount as a keypad would have typed it, without needless zeros."""
    if decimals == 0:
        return str(minor)
    whole, fraction = divmod(minor, 10**decimals)
    tail = f"{fraction:0{decimals}}".rstrip("0")
    return f"{whole}.{tail}" if tail else str(whole)
