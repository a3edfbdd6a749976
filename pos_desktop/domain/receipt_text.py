"""A receipt in fixed columns: long texts wrap, amounts stand at the right edge, and nothing is ever wider."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pos_desktop.domain.receipt_blocks import (
    AmountRow,
    Block,
    CodeBlock,
    CopyBlock,
    FooterBlock,
    HeaderBlock,
    ItemRow,
    ItemsBlock,
    JournalBlock,
    Label,
    LoyaltyBlock,
    MetaBlock,
    MetaKind,
    MetaRow,
    ReceiptDocument,
    TaxBlock,
    TendersBlock,
    TotalsBlock,
)

MIN_COLUMNS = 16
DECIMAL_SIGN = "receipt.decimal_sign"
"""Key of the language's decimal sign in the labels; where it is missing, a point stands."""

_GAP = 1


def render_text(
    document: ReceiptDocument,
    width_columns: int,
    labels: Mapping[str, str],
    money: Callable[[int], str],
    when: Callable[[str], str],
) -> list[str]:
    """Lay a receipt out in a fixed number of columns.

    Args:
        width_columns: columns of the paper, 16 or more. Wide characters (such as Chinese ones) take two.
        labels: words for every :class:`Label`, and the :data:`DECIMAL_SIGN`.
        money: writes an amount in minor units.
        when: writes a UTC time in the store's zone.

    Returns:
        Lines, none wider than ``width_columns``.

    Raises:
        ValueError: for paper that is too narrow.
        KeyError: for a label without a word.
    """
    if width_columns < MIN_COLUMNS:
        raise ValueError(f"a receipt needs {MIN_COLUMNS} columns, not {width_columns}")
    layout = _Layout(width_columns, labels, money, when)
    lines: list[str] = []
    for block in document.blocks:
        if lines and not isinstance(block, CopyBlock | TaxBlock | TendersBlock):
            lines.append("-" * width_columns if isinstance(block, ItemsBlock | TotalsBlock) else "")
        lines.extend(layout.block(block))
    return lines


def columns(text: str) -> int:
    """Return how many columns a text takes on paper."""
    return len(text) if text.isascii() else sum(_char_columns(char) for char in text)


def wrap(text: str, width_columns: int) -> list[str]:
    """Break a text at blanks, and inside words that are too long, into lines of at most ``width_columns`` columns."""
    lines = [""]
    for word in _words(text):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= width_columns:
            lines[-1] = joined
            continue
        pieces = _pieces(word, width_columns)
        lines = [*(line for line in lines if line), *pieces]
    return lines


def pair(left: str, right: str, width_columns: int) -> list[str]:
    """Put a text at the left edge and another at the right one, on as many lines as they need.

    The right one stands on the last line of the left one, or below it where both do not fit.
    """
    right = _printable(right)
    rights = _pieces(right, width_columns)
    lefts = wrap(left, width_columns)
    if len(rights) == 1:
        free = width_columns - columns(right) - _GAP
        # Wrapping the text earlier costs no more lines than an amount that stands alone below it.
        whole_words = all(columns(word) <= free for word in _words(left))
        beside = wrap(left, free) if whole_words else lefts
        lefts = beside if len(beside) <= len(lefts) + 1 else lefts
        gap = width_columns - columns(lefts[-1]) - columns(right)
        if gap >= _GAP:
            return [*lefts[:-1], lefts[-1] + " " * gap + right]
    return [*lefts, *(" " * (width_columns - columns(piece)) + piece for piece in rights)]


def centre(text: str, width_columns: int) -> list[str]:
    """Put a text in the middle, wrapped where it is too long."""
    return [" " * ((width_columns - columns(line)) // 2) + line for line in wrap(text, width_columns)]


@dataclass(frozen=True, slots=True)
class _Layout:
    """What every block needs to be written: the width and the words."""

    width: int
    labels: Mapping[str, str]
    money: Callable[[int], str]
    when: Callable[[str], str]

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case ItemsBlock():
                for item in block.rows:
                    yield from self._item(item)
            case TotalsBlock():
                for amount in block.rows:
                    yield from self._amount(amount)
            case TaxBlock():
                yield from self._taxes(block)
            case TendersBlock():
                yield from self._tenders(block)
            case _:
                yield from self._around(block)

    def _around(self, block: Block) -> Iterator[str]:
        """Write what stands above and below the amounts."""
        match block:
            case HeaderBlock():
                yield from self._header(block)
            case CopyBlock():
                yield from self._copy(block)
            case MetaBlock():
                for meta in block.rows:
                    yield from self._meta(meta)
            case LoyaltyBlock():
                for points in block.rows:
                    yield from pair(self.labels[points.label], str(points.points), self.width)
            case FooterBlock():
                for text in block.lines:
                    yield from centre(text, self.width)
            case CodeBlock():
                yield from centre(block.content, self.width)
            case JournalBlock():
                yield from wrap(f"{self.labels[Label.JOURNAL]} {block.seq} {block.entry_hash}", self.width)

    def _copy(self, block: CopyBlock) -> Iterator[str]:
        for text in wrap(f"{self.labels[Label.COPY]} {block.copy}", self.width - 4):
            free = self.width - columns(text) - 2
            yield f"{'*' * (free // 2)} {text} {'*' * (free - free // 2)}"

    def _header(self, block: HeaderBlock) -> Iterator[str]:
        for text in (block.name, *block.lines):
            yield from centre(text, self.width)
        if block.tax_number:
            yield from centre(f"{self.labels[Label.TAX_NUMBER]} {block.tax_number}", self.width)

    def _meta(self, row: MetaRow) -> list[str]:
        value = self.when(row.value) if row.kind is MetaKind.TIME else row.value
        return pair(self.labels[row.label], value, self.width)

    def _item(self, row: ItemRow) -> Iterator[str]:
        name = f"{row.name} {row.tax_marks}".rstrip()
        if row.quantity_milli == 1000 and row.unit_price_minor == row.amount_minor:
            yield from pair(name, self.money(row.amount_minor), self.width)
        else:
            quantity = f"{self._decimal(row.quantity_milli, 3)} {self.labels[row.unit_label]}"
            yield from wrap(name, self.width)
            yield from self._indented(f"{quantity} x {self.money(row.unit_price_minor)}", row.amount_minor)
        for reduction in row.reductions:
            yield from self._indented(self._name(reduction), reduction.amount_minor)
        if row.note:
            yield from (f"  {line}" for line in wrap(row.note, self.width - 2))

    def _indented(self, text: str, amount_minor: int) -> list[str]:
        return [f"  {line}" for line in pair(text, self.money(amount_minor), self.width - 2)]

    def _amount(self, row: AmountRow) -> list[str]:
        return pair(self._name(row), self.money(row.amount_minor), self.width)

    def _name(self, row: AmountRow) -> str:
        percent = f"{self._decimal(row.percent_bp, 2)}%" if row.percent_bp else ""
        return " ".join(part for part in (self.labels[row.label], percent, row.text) if part)

    def _taxes(self, block: TaxBlock) -> Iterator[str]:
        yield ""
        for row in block.rows:
            left = f"{row.mark} {row.name} {self.labels[Label.NET]} {self.money(row.net_minor)}"
            yield from pair(left, self.money(row.tax_minor), self.width)

    def _tenders(self, block: TendersBlock) -> Iterator[str]:
        if block.rounding_minor:
            yield from pair(self.labels[Label.ROUNDING], self.money(block.rounding_minor), self.width)
        for row in block.rows:
            left = f"{self.labels[row.label]} {row.detail}".rstrip()
            yield from pair(left, self.money(row.amount_minor), self.width)
        if block.change_minor:
            yield from pair(self.labels[Label.CHANGE], self.money(block.change_minor), self.width)

    def _decimal(self, value: int, decimals: int) -> str:
        """Write a whole number of hundredths or thousandths, without the zeros that say nothing."""
        whole, fraction = divmod(abs(value), 10**decimals)
        digits = f"{fraction:0{decimals}d}".rstrip("0")
        sign = "-" if value < 0 else ""
        return f"{sign}{whole}{self.labels.get(DECIMAL_SIGN, '.')}{digits}" if digits else f"{sign}{whole}"


def _words(text: str) -> list[str]:
    """Cut a text at blanks, but not at the no-break spaces inside amounts."""
    return [word for word in _printable(text).split(" ") if word]


def _printable(text: str) -> str:
    """Drop control characters, and make blanks of line ends: a name must never reach a printer as a command."""
    if text.isprintable():
        return text
    blanks = "".join(" " if char in "\t\n\r" else char for char in text)
    return "".join(char for char in blanks if unicodedata.category(char) not in ("Cc", "Cf")).strip(" ")


def _char_columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _pieces(word: str, width_columns: int) -> list[str]:
    """Cut a word into pieces that fit."""
    pieces = [""]
    for char in word:
        if columns(pieces[-1]) + _char_columns(char) > width_columns:
            pieces.append("")
        pieces[-1] += char
    return pieces
