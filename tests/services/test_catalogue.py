"""What can be sold, as the screens list it."""

from __future__ import annotations

import pytest

from pos_desktop.domain.errors import ErrorCode, NotFound
from tests.support.tills import TestTill, put_rows


def test_favourites_come_first_when_nothing_narrows_the_list(shop: TestTill) -> None:
    page = shop.till.catalogue.products(limit=600)
    assert page.total == len(page.products) > 400
    flags = [product.favourite for product in page.products]
    assert flags == sorted(flags, reverse=True)
    assert any(flags)


def test_a_category_is_listed_by_name_in_stretches(shop: TestTill) -> None:
    category = shop.till.catalogue.categories()[0].id
    whole = shop.till.catalogue.products(category, limit=600)
    assert [product.name for product in whole.products] == sorted(product.name for product in whole.products)
    parts = [shop.till.catalogue.products(category, offset=start, limit=7) for start in range(0, whole.total, 7)]
    assert tuple(product for part in parts for product in part.products) == whole.products
    assert {part.total for part in parts} == {whole.total}


def test_a_category_and_words_narrow_together(shop: TestTill) -> None:
    everywhere = shop.till.catalogue.products(text="banana").total
    assert 0 < shop.till.catalogue.products("produce", "banana").total <= everywhere
    assert shop.till.catalogue.products("kitchen", "banana").total == 0


def test_control_characters_of_a_scanner_are_no_words(shop: TestTill) -> None:
    assert (
        shop.till.catalogue.products(text="ban\x00ana\r\n").total == shop.till.catalogue.products(text="ban ana").total
    )


def test_a_product_is_read_by_its_id_and_by_its_codes(shop: TestTill) -> None:
    assert shop.till.catalogue.by_id("BURGER").name == "Cheeseburger"
    bananas = shop.till.catalogue.by_code("04011")
    assert (bananas.id, bananas.unit.value, [tax.id for tax in bananas.taxes]) == ("prd_0001", "kg", ["vat_7"])
    assert shop.till.catalogue.by_code("FRU-001") == bananas
    with pytest.raises(NotFound) as refusal:
        shop.till.catalogue.by_id("NOTHING")
    assert refusal.value.code is ErrorCode.PRODUCT_NOT_FOUND
    with pytest.raises(NotFound) as refusal:
        shop.till.catalogue.by_code("NOTHING")
    assert refusal.value.code is ErrorCode.UNKNOWN_BARCODE


def test_a_price_that_changes_at_the_centre_is_the_price_of_the_next_basket_only(shop: TestTill) -> None:
    first = shop.start()
    shop.till.baskets.add_product(first, "BURGER")
    burger = shop.till.catalogue.by_id("BURGER")
    row = {
        "id": "BURGER", "row_version": 2, "sku": "BURGER", "name": burger.name, "category_id": burger.category_id,
        "unit": "piece", "price_minor": 999, "barcodes": [], "tax_ids": ["vat_7"], "colour": burger.colour,
        "picture": None, "open_price": False, "favourite": True, "stock_milli": None,
    }  # fmt: skip
    put_rows(shop.writer, "products", [row])
    shop.till.replica_changed(frozenset({"products"}))
    assert shop.till.baskets.get(first).due_minor == 899
    assert shop.till.baskets.add_product(shop.start(), "BURGER").due_minor == 999


def test_a_product_whose_tax_has_not_come_yet_is_not_sold_untaxed_and_hides_no_other(shop: TestTill) -> None:
    before = shop.till.catalogue.products(text="banana").products
    row = {
        "id": "prd_new", "sku": "NEW-1", "name": "Banana milk", "category_id": "produce", "unit": "piece",
        "price_minor": 100, "barcodes": ["4006381333931"], "tax_ids": ["vat_new"], "colour": "#000000", "picture": None,
        "open_price": False, "favourite": True, "stock_milli": None,
    }  # fmt: skip
    put_rows(shop.writer, "products", [row])
    assert shop.till.catalogue.products(text="banana").products == before
    assert shop.till.catalogue.products(limit=600).products
    with pytest.raises(NotFound):
        shop.till.baskets.scan(shop.start(), "4006381333931")
    tax = {"name": "VAT 8 %", "kind": "percent", "rate_ppm": 80_000, "amount_minor": 0, "inclusive": True}
    put_rows(shop.writer, "taxes", [{"id": "vat_new", **tax}])
    view = shop.till.baskets.scan(shop.start(), "4006381333931").view
    assert view is not None
    assert [item.tax.id for item in view.priced.taxes] == ["vat_new"]
