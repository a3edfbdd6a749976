"""How receipts reach paper: their words in the till's language, and their bytes for the printer that is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_desktop.services.receipts import Encoder, Wording
from ui.text import Texts

if TYPE_CHECKING:
    from pos_desktop.domain.receipts import ReceiptDocument
    from pos_desktop.domain.shop import Shop


def receipt_wording(language: str, shop: Shop | None) -> Wording:
    """Give a receipt's words, amounts and times; without a shop those of no shop in particular."""
    from pos_desktop.domain.receipts import DECIMAL_SIGN, Label  # not before something is printed

    texts = Texts(language) if shop is None else Texts(language, shop.currency, shop.decimals, shop.zone)
    labels = {label.value: texts.t(label.value) for label in Label} | {DECIMAL_SIGN: texts.decimal_mark}
    return Wording(labels, texts.money, texts.when)


def receipt_encoder(columns: int) -> Encoder:
    """Give the encoder for a printer with so many characters in a line."""

    def encode_receipt(document: ReceiptDocument, wording: Wording, kick_drawer: bool) -> bytes:
        from pos_desktop.devices.escpos import encode  # not before something is printed

        return encode(document, columns, wording.labels, wording.money, wording.when, kick_drawer=kick_drawer)

    return encode_receipt
