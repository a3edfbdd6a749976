"""An ESC/POS printer: it takes a print job's bytes and says what is on the paper, line by line, and draws it.

It knows the commands that the till may use and no others: an unknown one fails, as it would print rubbish in a shop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

PAGES = {
    0: "cp437", 13: "cp857", 14: "cp737", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 45: "cp1250",
    46: "cp1251", 47: "cp1253", 48: "cp1254", 51: "cp1257",
}  # fmt: skip
ALIGNMENTS = ("left", "centre", "right")
CELL_WIDTH = 12
CELL_HEIGHT = 24
MARGIN = 24
FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"

# Widths of bars and spaces of Code 128, symbol by symbol (ISO/IEC 15417, table 1); 104 starts set B, 106 stops.
CODE128_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
CODE128 = CODE128_WIDTHS.split()


class UnknownCommand(Exception):
    """Bytes that this printer would not understand."""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed line: text, or a code (``bar_code`` or ``qr_code`` with the content as text)."""

    text: str
    align: str = "left"
    bold: bool = False
    wide: int = 1
    tall: int = 1
    kind: str = "text"

    @property
    def columns(self) -> int:
        """Columns of the paper that the text takes."""
        return len(self.text) * self.wide


@dataclass(slots=True)
class Paper:
    """What came out of the printer.

    Args:
        events: in order: ``drawer``, ``cut``, ``qr <content>``, ``barcode <content>``.
        status_requests: how often the job asked for the paper status.
    """

    lines: list[PaperLine] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    status_requests: int = 0

    @property
    def text(self) -> str:
        """The printed text."""
        return "\n".join(line.text for line in self.lines if line.kind == "text")

    def draw(self, path: Path, columns: int) -> None:
        """Draw the paper as a PNG."""
        width = columns * CELL_WIDTH + 2 * MARGIN
        strips = [_strip(line, columns) for line in self.lines]
        image = Image.new("L", (width, sum(strip.height for strip in strips) + 2 * MARGIN), 255)
        top = MARGIN
        for strip in strips:
            image.paste(strip, (MARGIN, top))
            top += strip.height
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)


def print_out(job: bytes) -> Paper:
    """Run a print job.

    Raises:
        UnknownCommand: for bytes that are no command of this printer, or text left without its line feed.
    """
    return _Printer(job).run()


class _Printer:
    def __init__(self, job: bytes) -> None:
        self._job = job
        self._at = 0
        self._paper = Paper()
        self._line = ""
        self._qr = ""
        self._reset()

    def _reset(self) -> None:
        self._page = "cp437"
        self._align = "left"
        self._bold = False
        self._wide = self._tall = 1

    def run(self) -> Paper:
        while self._at < len(self._job):
            byte = self._take(1)[0]
            if byte == 0x1B:
                self._escape(self._take(1))
            elif byte == 0x1D:
                self._group(self._take(1))
            elif byte == 0x0A:
                self._paper.lines.append(PaperLine(self._line, self._align, self._bold, self._wide, self._tall))
                self._line = ""
            elif byte < 0x20 or byte == 0x7F:
                raise UnknownCommand(f"control character {byte:#x}")
            else:
                self._line += bytes([byte]).decode(self._page)
        if self._line:
            raise UnknownCommand(f"text without a line feed: {self._line!r}")
        return self._paper

    def _take(self, count: int) -> bytes:
        taken = self._job[self._at : self._at + count]
        if len(taken) < count:
            raise UnknownCommand("the job ends inside a command")
        self._at += count
        return taken

    def _escape(self, command: bytes) -> None:
        if command == b"@":
            self._reset()
        elif command == b"a":
            self._align = ALIGNMENTS[self._take(1)[0]]
        elif command == b"E":
            self._bold = bool(self._take(1)[0] & 1)
        elif command == b"t":
            page = self._take(1)[0]
            if page not in PAGES:
                raise UnknownCommand(f"code page {page}")
            self._page = PAGES[page]
        elif command == b"R":
            if self._take(1) != b"\x00":
                raise UnknownCommand("a national character set")
        elif command == b"p":
            pin, _on, _off = self._take(3)
            if pin not in (0, 1):
                raise UnknownCommand(f"drawer pin {pin}")
            self._paper.events.append("drawer")
        else:
            raise UnknownCommand(f"ESC {command!r}")

    def _group(self, command: bytes) -> None:
        if command == b"!":
            size = self._take(1)[0]
            self._wide, self._tall = (size >> 4) + 1, (size & 0x0F) + 1
        elif command in (b"h", b"w", b"H"):
            self._take(1)
        elif command == b"V":
            if self._take(1) != b"B":
                raise UnknownCommand("a cut without a feed cuts through the last lines")
            self._take(1)
            self._paper.events.append("cut")
        elif command == b"k":
            self._bar_code()
        elif command == b"(":
            self._two_dimensional()
        elif command == b"r":
            self._take(1)
            self._paper.status_requests += 1
        else:
            raise UnknownCommand(f"GS {command!r}")

    def _bar_code(self) -> None:
        if self._take(1) != b"I":
            raise UnknownCommand("a bar code that is no Code 128")
        data = self._take(self._take(1)[0])
        if not data.startswith(b"{B"):
            raise UnknownCommand("Code 128 without its set")
        content = data[2:].replace(b"{{", b"{").decode("ascii")
        self._paper.events.append(f"barcode {content}")
        self._paper.lines.append(PaperLine(content, self._align, kind="bar_code"))

    def _two_dimensional(self) -> None:
        if self._take(1) != b"k":
            raise UnknownCommand("GS ( without k")
        body = self._take(int.from_bytes(self._take(2), "little"))
        if body[:1] != b"1":
            raise UnknownCommand("a two-dimensional code that is no QR code")
        if body[1:2] == b"P":
            self._qr = body[3:].decode()
        elif body[1:2] == b"Q":
            if not self._qr:
                raise UnknownCommand("a QR code without content")
            self._paper.events.append(f"qr {self._qr}")
            self._paper.lines.append(PaperLine(self._qr, self._align, kind="qr_code"))
        elif body[1:2] not in (b"A", b"C", b"E"):
            raise UnknownCommand(f"QR function {body[1:2]!r}")


def _strip(line: PaperLine, columns: int) -> Image.Image:
    width = columns * CELL_WIDTH
    if line.kind == "qr_code":
        drawn = _qr_image(line.text)
    elif line.kind == "bar_code":
        drawn = _bar_image(line.text)
    else:
        drawn = _text_image(line)
    strip = Image.new("L", (width, drawn.height), 255)
    left = {"left": 0, "centre": (width - drawn.width) // 2, "right": width - drawn.width}[line.align]
    strip.paste(drawn, (left, 0))
    return strip


def _text_image(line: PaperLine) -> Image.Image:
    cell_width, cell_height = CELL_WIDTH * line.wide, CELL_HEIGHT * line.tall
    image = Image.new("L", (max(1, len(line.text)) * CELL_WIDTH, CELL_HEIGHT), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(_font_file(bold=line.bold), 17)
    for place, sign in enumerate(line.text):
        draw.text((place * CELL_WIDTH + CELL_WIDTH / 2, 18), sign, fill=0, font=font, anchor="ms")
    return image.resize((max(1, len(line.text)) * cell_width, cell_height))


def _font_file(*, bold: bool) -> str:
    wanted = "Bold" if bold else "Regular"
    return str(next(path for path in sorted(FONTS.rglob("*.ttf")) if wanted in path.name))


def _qr_image(content: str) -> Image.Image:
    rows = [bytes(row) for row in segno.make(content, error="m", micro=False).matrix]
    image = Image.new("L", (len(rows[0]), len(rows)), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            image.putpixel((x, y), 0 if dark else 255)
    return image.resize((image.width * 5, image.height * 5), Image.Resampling.NEAREST)


def _bar_image(content: str) -> Image.Image:
    symbols = [104, *(ord(sign) - 32 for sign in content)]
    symbols.append((symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols))) % 103)
    widths = [int(width) for symbol in (*symbols, 106) for width in CODE128[symbol]]
    image = Image.new("L", (sum(widths) * 2, 72 + 8), 255)
    draw = ImageDraw.Draw(image)
    left = 0
    for place, width in enumerate(widths):
        if place % 2 == 0:
            draw.rectangle((left, 0, left + width * 2 - 1, 71), fill=0)
        left += width * 2
    return image
