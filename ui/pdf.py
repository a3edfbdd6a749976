"""Receipts as pages: the same document is shown on screen and written as PDF, with its letters inside."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import (
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)

from pos_desktop.devices.receipt_html import render_html
from pos_desktop.domain.receipts import DECIMAL_SIGN, Label, ReceiptDocument
from ui.text import Texts
from ui.theme import font

PAPER_MM = 80
MARGIN_MM = 4
DOTS_PER_INCH = 96
_MM_PER_INCH = 25.4


def receipt_html(document: ReceiptDocument, texts: Texts) -> str:
    """A receipt in the words of the till's language."""
    labels = {label.value: texts.t(label.value) for label in Label} | {DECIMAL_SIGN: texts.decimal_mark}
    return render_html(document, labels, texts.amount, texts.when)


class Paper:
    """A receipt laid out on a roll of 80 mm, as long as it needs to be.

    Args:
        html: the receipt, see :func:`receipt_html`.

    Lengths are logical pixels of 1/96 inch, whatever the screen has.
    """

    def __init__(self, html: str) -> None:
        # a layout measures letters on a device; a screen's own would make the paper differ from till to till
        self._device = QImage(1, 1, QImage.Format.Format_ARGB32)
        self._device.setDotsPerMeterX(round(DOTS_PER_INCH / _MM_PER_INCH * 1000))
        self._device.setDotsPerMeterY(round(DOTS_PER_INCH / _MM_PER_INCH * 1000))
        self.document = QTextDocument()
        self.document.documentLayout().setPaintDevice(self._device)
        self.document.setDocumentMargin(0)
        self.document.setDefaultFont(font(12))
        self.document.setHtml(html)
        self._let_lines_break()
        self.document.setTextWidth(_pixels(PAPER_MM - 2 * MARGIN_MM))

    def _let_lines_break(self) -> None:
        # a cell that may not break widens Qt's table beyond the paper; amounts have no place to break at anyway
        cursor = QTextCursor(self.document)
        block = self.document.begin()
        while block.isValid():
            if block.blockFormat().nonBreakableLines():
                cursor.setPosition(block.position())
                breakable = QTextBlockFormat()
                breakable.setNonBreakableLines(False)
                cursor.mergeBlockFormat(breakable)
            block = block.next()

    @property
    def size(self) -> QSizeF:
        """Width and height of the whole paper with its margins."""
        margins = 2 * _pixels(MARGIN_MM)
        return QSizeF(_pixels(PAPER_MM), self.document.size().height() + margins)

    def draw(self, painter: QPainter) -> None:
        """Draw it with its upper left corner at the origin."""
        painter.save()
        painter.translate(_pixels(MARGIN_MM), _pixels(MARGIN_MM))
        self.document.drawContents(painter)
        painter.restore()


def write_pdf(html: str, path: Path, title: str) -> None:
    """Write a receipt as PDF, whole or not at all.

    Args:
        path: where to; its folder is made when missing.
        title: as a PDF reader shows it.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        _draw_pdf(html, temporary, title)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _draw_pdf(html: str, path: Path, title: str) -> None:
    paper = Paper(html)
    height_mm = paper.size.height() / DOTS_PER_INCH * _MM_PER_INCH
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    size = QPageSize(
        QSizeF(PAPER_MM, height_mm), QPageSize.Unit.Millimeter, "receipt", QPageSize.SizeMatchPolicy.ExactMatch
    )
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)))
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"cannot write {path}")
    scale = writer.logicalDpiX() / DOTS_PER_INCH
    painter.scale(scale, scale)
    paper.draw(painter)
    if not painter.end():
        raise OSError(f"cannot write {path}")


def _pixels(millimetres: float) -> float:
    return millimetres / _MM_PER_INCH * DOTS_PER_INCH
