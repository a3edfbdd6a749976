"""What can be sold, as the screens list it."""

from __future__ import annotations

from pos_desktop.domain.catalogue import Category, Product
from pos_desktop.domain.errors import ErrorCode, NotFound
from pos_desktop.services.core import Core
from pos_desktop.services.views import ProductPage
from pos_desktop.storage import catalogue


class Catalogue:
    """Reading of products and categories."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def categories(self) -> tuple[Category, ...]:
        """Read the categories in their order."""
        with self._core.replica.read() as replica:
            return () if replica is None else catalogue.categories(replica)

    def products(self, category_id: str | None = None, text: str = "", offset: int = 0, limit: int = 60) -> ProductPage:
        """Read a stretch of products.

        Args:
            category_id: only of this category; None for all.
            text: words that the name or the SKU contain.
            offset, limit: which stretch, in rows.
        """
        with self._core.replica.read() as replica:
            if replica is None:
                return ProductPage((), 0)
            found, total = catalogue.products(replica, category_id, _searched(text), offset, limit)
            return ProductPage(found, total)

    def by_id(self, product_id: str) -> Product:
        """Read a product.

        Raises:
            NotFound: no such product here.
        """
        with self._core.replica.read() as replica:
            found = None if replica is None else catalogue.product(replica, product_id)
        if found is None:
            raise NotFound(ErrorCode.PRODUCT_NOT_FOUND, product=product_id)
        return found

    def by_code(self, code: str) -> Product:
        """Read a product by its exact barcode or SKU.

        Raises:
            NotFound: no product has that code.
        """
        with self._core.replica.read() as replica:
            found = None if replica is None else catalogue.product_by_code(replica, code)
        if found is None:
            raise NotFound(ErrorCode.UNKNOWN_BARCODE, code=code)
        return found


def _searched(text: str) -> str:
    """What can be searched for: a burst of control characters from a scanner is no word."""
    return "".join(char if char.isprintable() else " " for char in text[:80])
