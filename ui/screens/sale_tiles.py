"""The tiles of the sale screen: categories, search as you type, pages as they come into view."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from pos_desktop.domain.catalogue import Category, Product
from pos_desktop.domain.errors import UserError
from pos_desktop.services.views import ProductPage
from ui.sale_entry import IDLE, is_search
from ui.widgets.search_box import SearchBox
from ui.widgets.strip import ChipStrip
from ui.widgets.tile_grid import PAGE, TileGrid

if TYPE_CHECKING:
    from ui.screens.sale import SaleScreen

FAVOURITES = ""


class SaleTiles(QObject):
    """Keeps the tiles in step with the chosen category and the search box.

    Signals:
        chosen(object): the :class:`Product` to sell.
    """

    chosen = Signal(object)

    def __init__(self, screen: SaleScreen) -> None:
        super().__init__(screen)
        self._screen = screen
        self._desk = screen.desk
        self._category = FAVOURITES
        self._wanted = ""
        self._text = ""
        self._choice = 0
        self._take_when_loaded = False
        self._seen: dict[str, Product] = {}
        self.grid = TileGrid(screen.theme, screen.texts, self._fetch)
        self.grid.chosen.connect(self.chosen)

    def attach(self, chips: ChipStrip, box: SearchBox) -> None:
        """Listen to the chips and the box."""
        self._chips = chips
        self._box = box
        chips.chosen.connect(self._on_category)
        box.textChanged.connect(self._on_text)

    def load_categories(self) -> None:
        """Read categories and the first page again."""
        self._screen.run(self._desk.till.catalogue.categories, self._show_categories)
        self._load()

    def with_product(self, product_id: str, then: Callable[[Product | None], None]) -> None:
        """Hand over a product, at once without its picture when it must be fetched, and again when it has come."""
        product = self._seen.get(product_id)
        then(product)
        if product is None:
            work = partial(self._desk.till.catalogue.by_id, product_id)
            self._screen.run(work, lambda found: self._on_product(found, then), _nothing)

    def choose_by_words(self, text: str) -> None:
        """Enter after words: the only hit is sold, of several one is chosen with the arrows."""
        if self._text != text.strip():
            self._take_when_loaded = True
            return
        self._choose_hit()

    def _on_category(self, category: str) -> None:
        self._category = category
        self._box.clear()
        self._load()

    def _on_text(self, text: str) -> None:
        wanted = text.strip() if is_search(text) and self._screen.typing.entry is IDLE else ""
        if wanted != self._wanted:
            self._wanted = wanted
            self._load()

    def _load(self) -> None:
        self._choice += 1
        category = None if self._wanted or self._category == FAVOURITES else self._category
        work = partial(self._desk.till.catalogue.products, category, self._wanted, 0, PAGE)
        self._screen.run(work, partial(self._show_first, self._choice, self._wanted))

    def _show_first(self, choice: int, text: str, page: ProductPage) -> None:
        if choice != self._choice:
            return
        self._text = text
        self._remember(page)
        t = self._screen.t
        self.grid.empty_text = t("sale.no_products", text=text) if text else t("sale.no_products_yet")
        self.grid.products.start(page)
        self.grid.scrollToTop()
        if self._take_when_loaded:
            self._take_when_loaded = False
            self._choose_hit()

    def _choose_hit(self) -> None:
        count = self.grid.products.total
        if count == 1:
            self.grid.take(0)
        elif count > 1:
            self.grid.setFocus(Qt.FocusReason.TabFocusReason)
            self.grid.setCurrentIndex(self.grid.products.cell(0))
        else:
            self._screen.say(self._screen.t("sale.no_products", text=self._text), "warn")
            self._desk.navigator.beep()

    def _fetch(self, offset: int) -> None:
        category = None if self._wanted or self._category == FAVOURITES else self._category
        work = partial(self._desk.till.catalogue.products, category, self._wanted, offset, PAGE)
        self._screen.run(work, partial(self._take_page, self._choice, offset))

    def _take_page(self, choice: int, offset: int, page: ProductPage) -> None:
        if choice == self._choice:
            self._remember(page)
            self.grid.products.take(offset, page)

    def _show_categories(self, categories: tuple[Category, ...]) -> None:
        chips = [(FAVOURITES, self._screen.t("sale.favourites"), "")]
        chips += [(category.id, category.name, "") for category in categories]
        if self._category not in [key for key, _, _ in chips]:
            self._category = FAVOURITES
        self._chips.show_chips(chips, self._category)

    def _on_product(self, product: Product, then: Callable[[Product | None], None]) -> None:
        self._seen[product.id] = product
        then(product)

    def _remember(self, page: ProductPage) -> None:
        if len(self._seen) > 2_000:
            self._seen.clear()
        self._seen.update({product.id: product for product in page.products})


def _nothing(trouble: UserError) -> None:
    """An open item has no product, and then no picture."""
