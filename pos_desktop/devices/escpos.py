"""Receipts as ESC/POS: the bytes that a thermal printer takes.

Only commands that every printer of the family knows since Epson's TM-T88 are used. Text is sent in the printer's own
code pages; what none of them holds is written without its accents, or as question marks of the same width.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from pos_desktop.domain.receipt_blocks import Block, CodeBlock, CopyBlock, FooterBlock, HeaderBlock, Label, TotalsBlock
from pos_desktop.domain.receipt_text import wrap
from pos_desktop.domain.receipts import ReceiptDocument, render_text

RESET: Final = b"\x1b@"
KICK_DRAWER: Final = b"\x1bp\x00\x19\xfa"  # pin 2, 50 ms on, 500 ms off: what common drawers ask for

_ALIGN_LEFT: Final = b"\x1ba\x00"
_ALIGN_CENTRE: Final = b"\x1ba\x01"
_BOLD_ON: Final = b"\x1bE\x01"
_BOLD_OFF: Final = b"\x1bE\x00"
_SIZE_NORMAL: Final = b"\x1d!\x00"
_SIZE_TALL: Final = b"\x1d!\x01"
_SIZE_LARGE: Final = b"\x1d!\x11"
_CHARSET_USA: Final = b"\x1bR\x00"  # others put national letters in the place of # $ @ [ ]
_SELECT_PAGE: Final = b"\x1bt"
_FEED_AND_CUT: Final = b"\x1dVB\x00"

# Numbers of the code pages as Epson gives them and others follow, in the order in which they are tried: 858 first, it
# has the euro sign and the letters of western Europe, and cheap printers have it too.
_PAGES: Final = (
    ("cp858", 19),
    ("cp437", 0),
    ("cp852", 18),
    ("cp866", 17),
    ("cp737", 14),
    ("cp857", 13),
    ("cp1250", 45),
    ("cp1251", 46),
    ("cp1253", 47),
    ("cp1254", 48),
    ("cp1257", 51),
    ("cp1252", 16),
)
_PLAIN: Final = str.maketrans(
    {
        "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u2010": "-", "\u2011": "-", "\u2012": "-",
        "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201c": '"',
        "\u201d": '"', "\u201e": '"', "\u2022": "*", "\u2044": "/", "\u2192": ">",
    }
)  # fmt: skip

_DOTS_PER_COLUMN: Final = 12
_BAR_HEIGHT_DOTS: Final = 72
_BAR_WIDTH_DOTS: Final = 2
_BAR_MODULES_PER_CHAR: Final = 11
_BAR_MODULES_AROUND: Final = 35 + 20  # start, check character and stop; the quiet zone on both sides
_QR_MODULE_DOTS: Final = 5


def encode(
    document: ReceiptDocument,
    columns: int,
    labels: Mapping[str, str],
    money: Callable[[int], str],
    when: Callable[[str], str],
    *,
    kick_drawer: bool = False,
) -> bytes:
    """Return a receipt as one print job, cut at its end.

    Args:
        columns: characters in a line of the printer's font A (48 or 42 on paper of 80 mm, 32 on 58 mm).
        labels, money, when: as for :func:`~pos_desktop.domain.receipts.render_text`.
        kick_drawer: open the cash drawer first; a copy never should.

    Raises:
        ValueError: for paper that is too narrow.
        KeyError: for a label without a word.
    """

    def lines(*blocks: Block) -> list[str]:
        return render_text(replace(document, blocks=blocks), columns, labels, money, when)

    job = _Job()
    job.raw(RESET + (KICK_DRAWER if kick_drawer else b"") + _CHARSET_USA)
    for place, block in enumerate(document.blocks):
        # What the layout puts between two blocks depends on the second one alone.
        gap = lines(FooterBlock(("-",)), block)[1:] if place else []
        match block:
            case HeaderBlock():
                _header(job, block, columns, labels)
            case TotalsBlock():
                job.lines(gap[: len(gap) - len(lines(block))])
                for row in block.rows:
                    job.raw(_SIZE_TALL + _BOLD_ON if row.strong else b"")
                    job.lines(lines(TotalsBlock((row,))))
                    job.raw(_BOLD_OFF + _SIZE_NORMAL if row.strong else b"")
            case CopyBlock():
                job.raw(_BOLD_ON)
                job.lines(gap or lines(block))
                job.raw(_BOLD_OFF)
            case CodeBlock():
                job.lines([""])
                _code(job, block.content, columns)
            case _:
                job.lines(gap or lines(block))
    job.raw(_FEED_AND_CUT)
    return job.data()


class _Job:
    """A print job as it grows; knows the code page that the printer is in."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._page: tuple[str, int] | None = None

    def raw(self, command: bytes) -> None:
        self._data += command

    def lines(self, lines: list[str]) -> None:
        for line in lines:
            for sign in _printable(line):
                self._sign(sign)
            self._data += b"\n"

    def _sign(self, sign: str) -> None:
        if sign.isascii():
            self._data += sign.encode("ascii")
            return
        page = self._page if self._page is not None and _in_page(sign, self._page[0]) else None
        page = page or next((each for each in _PAGES if _in_page(sign, each[0])), None)
        if page is None:
            for plain in _without_accents(sign):
                self._sign(plain)
            return
        if page != self._page:
            self._data += _SELECT_PAGE + bytes([page[1]])
            self._page = page
        self._data += sign.encode(page[0])

    def data(self) -> bytes:
        return bytes(self._data)


def _header(job: _Job, block: HeaderBlock, columns: int, labels: Mapping[str, str]) -> None:
    job.raw(_ALIGN_CENTRE + _SIZE_LARGE + _BOLD_ON)
    job.lines(wrap(block.name, columns // 2))
    job.raw(_BOLD_OFF + _SIZE_NORMAL)
    for text in (*block.lines, f"{labels[Label.TAX_NUMBER]} {block.tax_number}" if block.tax_number else ""):
        job.lines(wrap(text, columns) if text else [])
    job.raw(_ALIGN_LEFT)


def _code(job: _Job, content: str, columns: int) -> None:
    """Print a bar code that any scanner of a shop reads, or a QR code where the paper is too narrow for it."""
    modules = _BAR_MODULES_PER_CHAR * len(content) + _BAR_MODULES_AROUND
    fits = modules * _BAR_WIDTH_DOTS <= columns * _DOTS_PER_COLUMN
    job.raw(_ALIGN_CENTRE)
    job.raw(bar_code(content) if fits and content.isascii() and content.isprintable() else qr_code(content))
    job.lines(["", content] if not fits else [content])
    job.raw(_ALIGN_LEFT)


def bar_code(content: str) -> bytes:
    """Return the commands for a Code 128 (set B) without its text.

    Args:
        content: printable ASCII, at most 250 characters.
    """
    data = b"{B" + content.replace("{", "{{").encode("ascii")
    shape = b"\x1dh" + bytes([_BAR_HEIGHT_DOTS]) + b"\x1dw" + bytes([_BAR_WIDTH_DOTS]) + b"\x1dH\x00"
    return shape + b"\x1dkI" + bytes([len(data)]) + data


def qr_code(content: str) -> bytes:
    """Return the commands for a QR code (model 2, level M)."""
    data = content.encode()
    parts = (
        b"1A2\x00",
        b"1C" + bytes([_QR_MODULE_DOTS]),
        b"1E1",
        b"1P0" + data,
        b"1Q0",
    )
    return b"".join(b"\x1d(k" + len(part).to_bytes(2, "little") + part for part in parts)


def _printable(line: str) -> Iterator[str]:
    """Give the signs of a line; a control character must never reach the printer as a command."""
    for sign in unicodedata.normalize("NFC", line).translate(_PLAIN):
        if unicodedata.category(sign) not in ("Cc", "Cf"):
            yield sign


@lru_cache(maxsize=8_192)
def _in_page(sign: str, page: str) -> bool:
    try:
        return len(sign.encode(page)) == 1
    except UnicodeEncodeError:
        return False


def _without_accents(sign: str) -> str:
    """Return something in ASCII that takes as many columns."""
    if unicodedata.category(sign) in ("Mn", "Me"):
        return ""
    width = 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if part.isascii() and part.isprintable())
    return plain if len(plain) == width else "?" * width
