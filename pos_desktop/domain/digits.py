"""Numbers as people type them, in any script and with either decimal sign."""

from __future__ import annotations

import re
import unicodedata

from pos_desktop.domain.errors import BadInput, ErrorCode

MAX_DIGITS = 18

# Nearly all that is typed is ASCII, where only these are not plain already.
_ASCII = dict.fromkeys((*range(32), 127)) | dict.fromkeys(b"\t\n\r", " ")

_SPACES = re.compile(r"[\s'\u2019_]+")
_NUMBER = re.compile(r"([+-]?)([0-9.,]*)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")


def plain_text(text: str) -> str:
    """Bring full-width forms and the decimal digits of every script to ASCII, and drop invisible characters.

    Control and format characters go (a pasted number often carries direction marks, a scanner's one a line end), all
    kinds of space become one blank and all kinds of dash a hyphen. What is left is trimmed.
    """
    if text.isascii():
        return text.translate(_ASCII).strip()
    out = []
    for char in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(char)
        if category == "Nd":
            out.append(str(unicodedata.decimal(char)))
        elif category == "Pd" or char == "\u2212":
            out.append("-")
        elif category == "Zs" or char in "\t\n\r":
            out.append(" ")
        elif category not in ("Cc", "Cf"):
            out.append(char)
    return "".join(out).strip()


def read_decimal(text: str, decimals: int, *, grouped: bool) -> int:
    """Read a typed decimal number exactly.

    Args:
        text: such as ``12``, ``12,5``, ``.5`` or, where ``grouped``, ``1.234,50``; either sign may be the decimal one.
        decimals: how many digits may follow the decimal sign.
        grouped: take groups of thousands. ``1.234`` for a number of two decimals could be either, and is refused
            rather than guessed.

    Returns:
        The number times ``10 ** decimals``.

    Raises:
        BadInput: ``AMOUNT_UNREADABLE``.
    """
    match = _NUMBER.fullmatch(_SPACES.sub("", plain_text(text[:100])))
    if match is None or len(text) > 100:
        raise BadInput(ErrorCode.AMOUNT_UNREADABLE, text=text[:40])
    sign, body = match.groups()
    whole, fraction = _parts(body, decimals, grouped=grouped)
    digits = whole + fraction
    if not digits.isdigit() or len(whole) > MAX_DIGITS or len(fraction) > decimals:
        raise BadInput(ErrorCode.AMOUNT_UNREADABLE, text=text[:40])
    value = int(digits + "0" * (decimals - len(fraction)))
    return -value if sign == "-" else value


def _parts(body: str, decimals: int, *, grouped: bool) -> tuple[str, str]:
    """Cut a number at its decimal sign; what cannot be cut comes back with its signs and is refused by the caller."""
    cut = max(body.rfind("."), body.rfind(","))
    if cut < 0:
        return body, ""
    if grouped and (decimals == 0 or body.count(body[cut]) > 1) and _GROUPED.fullmatch(body):
        return body.replace(body[cut], ""), ""
    whole, fraction = body[:cut], body[cut + 1 :]
    group = _GROUPED.fullmatch(whole) if grouped else None
    if group is not None and group[1] != body[cut]:
        whole = whole.replace(group[1], "")
    return whole, fraction
