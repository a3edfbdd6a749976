"""From a code or a choice on the screen to the line of a basket."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pos_desktop.domain.barcodes import EmbeddedCode
from pos_desktop.domain.basket import BasketLine
from pos_desktop.domain.catalogue import Product, Unit
from pos_desktop.domain.errors import ErrorCode, NotFound
from pos_desktop.domain.money import round_div
from pos_desktop.services.core import Core
from pos_desktop.storage import catalogue


@dataclass(frozen=True, slots=True)
class Goods:
    """Makes lines of what the catalogue holds; prices and taxes are frozen in them."""

    core: Core

    def by_code(self, spellings: tuple[str, ...], shown: str) -> BasketLine:
        """Make the line of one piece of the product that has one of these codes.

        Args:
            spellings: codes that mean the same product, the likeliest first.
            shown: the code as it is kept and, if unknown, named in the refusal.

        Raises:
            NotFound: no product has that code.
        """
        return self._line(self._product(spellings, shown), 1_000, None, shown)

    def embedded(self, code: EmbeddedCode) -> BasketLine:
        """Make the line of an in-store code that holds a price or a weight.

        Raises:
            NotFound: no product has that item number.
        """
        product = self._product((code.item, code.item.lstrip("0")), code.raw)
        line = self._line(product, 1_000 if code.quantity_milli is None else code.quantity_milli, None, code.raw)
        if code.price_minor is None:
            return line
        return replace(line, quantity_milli=_worth(product, code.price_minor), fixed_gross_minor=code.price_minor)

    def by_id(self, product_id: str, quantity_milli: int, unit_price_minor: int | None) -> BasketLine:
        """Make the line of a product chosen on the screen.

        Raises:
            NotFound: no such product here.
        """
        with self.core.replica.read() as replica:
            product = None if replica is None else catalogue.product(replica, product_id)
        if product is None:
            raise NotFound(ErrorCode.PRODUCT_NOT_FOUND, product=product_id)
        return self._line(product, quantity_milli, unit_price_minor, None)

    def open_item(self, name: str, unit_price_minor: int, barcode: str | None) -> BasketLine:
        """Make the line of something that the catalogue does not know, taxed as the shop's open-price product.

        Raises:
            NotFound: the shop has no open-price product, so it allows no open items.
        """
        with self.core.replica.read() as replica:
            product = None if replica is None else catalogue.open_product(replica)
        if product is None:
            raise NotFound(ErrorCode.PRODUCT_NOT_FOUND, product=name)
        return replace(self._line(product, 1_000, unit_price_minor, barcode), name=name.strip()[:80] or product.name)

    def _product(self, spellings: tuple[str, ...], shown: str) -> Product:
        with self.core.replica.read() as replica:
            if replica is not None:
                for spelling in spellings:
                    product = catalogue.product_by_code(replica, spelling)
                    if product is not None:
                        return product
        raise NotFound(ErrorCode.UNKNOWN_BARCODE, code=shown)

    def _line(
        self, product: Product, quantity_milli: int, unit_price_minor: int | None, barcode: str | None
    ) -> BasketLine:
        return BasketLine(
            id=self.core.new_id(),
            product_id=product.id,
            name=product.name,
            barcode=barcode,
            unit=product.unit,
            quantity_milli=quantity_milli,
            unit_price_minor=product.price_minor if unit_price_minor is None else unit_price_minor,
            list_price_minor=product.price_minor,
            taxes=product.taxes,
        )


def _worth(product: Product, price_minor: int) -> int:
    """Thousandths of a unit that a price buys: the label of the scale says the price, the receipt both."""
    if product.unit is Unit.PIECE or product.price_minor <= 0:
        return 1_000
    return max(1, round_div(price_minor * 1_000, product.price_minor))
