"""The demo shop is one that a till can take as it is."""

from __future__ import annotations

import dataclasses
import re

import msgspec
import pytest

import resources
from pos_desktop.domain.catalogue import Category, TaxKind, TaxRule, Unit
from pos_desktop.domain.shop import Shop
from resources import demo

SHOP = demo.load()
HEX_COLOUR = re.compile(r"#[0-9a-f]{6}")


def luminance(colour: str) -> float:
    """Relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def gs1_check_digit(body: str) -> str:
    """The check digit of the GS1 General Specifications, section 7.9: weights 3, 1, 3 ... from the right."""
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(body)))
    return str(-weighted % 10)


def test_the_shop_fits_the_rules_of_a_shop() -> None:
    shop = msgspec.convert(SHOP.shop, Shop)
    assert (shop.currency, shop.decimals, shop.region, shop.zone) == ("EUR", 2, "DE", "Europe/Berlin")
    assert [tier.name for tier in shop.programme.tiers] == ["BRONZE", "SILVER", "GOLD", "PLATINUM"]
    assert list(shop.notes_minor) == sorted(set(shop.notes_minor), reverse=True)
    assert {len(pattern.pattern) for pattern in shop.embedded_patterns} == {13}


def test_no_field_of_the_shop_is_unknown_or_left_to_a_default() -> None:
    assert set(SHOP.shop) == {field.name for field in dataclasses.fields(Shop)}


def test_taxes_and_categories_fit_their_types() -> None:
    taxes = [msgspec.convert(row, TaxRule) for row in SHOP.taxes]
    assert all((tax.rate_ppm > 0) == (tax.kind is TaxKind.PERCENT) for tax in taxes)
    assert all((tax.amount_minor > 0) == (tax.kind is TaxKind.PER_UNIT) for tax in taxes)
    assert {(tax.rate_ppm, tax.inclusive) for tax in taxes if tax.rate_ppm} == {(190_000, True), (70_000, True)}
    assert all(not tax.inclusive for tax in taxes if tax.amount_minor)
    categories = [msgspec.convert(row, Category) for row in SHOP.categories]
    assert [category.position for category in categories] == list(range(1, len(categories) + 1))


@pytest.mark.parametrize("kind", ["taxes", "categories", "products", "employees", "customers"])
def test_no_id_is_used_twice(kind: str) -> None:
    ids = [row["id"] for row in getattr(SHOP, kind)]
    assert len(ids) == len(set(ids))
    assert all(ids)


def test_every_product_names_a_category_taxes_a_unit_and_an_icon_that_exist() -> None:
    taxes = {row["id"] for row in SHOP.taxes}
    categories = {row["id"] for row in SHOP.categories}
    icons = set(resources.names("icons"))
    for product in SHOP.products:
        assert product["category_id"] in categories
        assert product["tax_ids"]
        assert set(product["tax_ids"]) <= taxes
        assert product["unit"] in set(Unit)
        assert product["picture"] is None or f"icons/{product['picture']}.svg" in icons
    assert all(f"icons/{category['picture']}.svg" in icons for category in SHOP.categories)
    assert {product["category_id"] for product in SHOP.products} == categories


def test_prices_are_positive_and_only_an_open_price_is_nothing() -> None:
    for product in SHOP.products:
        assert (product["price_minor"] == 0) == product["open_price"], product["name"]
        assert product["price_minor"] >= 0
        assert product["stock_milli"] is None or product["stock_milli"] > 0


def test_every_code_is_a_right_gtin_or_an_item_number_of_five_digits() -> None:
    for product in SHOP.products:
        for code in product["barcodes"]:
            assert code.isdecimal()
            assert len(code) in {5, 8, 13}
            assert len(code) == 5 or code[-1] == gs1_check_digit(code[:-1]), product["name"]


def test_no_two_products_share_a_code() -> None:
    codes = [code for product in SHOP.products for code in (product["sku"], *product["barcodes"])]
    assert len(codes) == len(set(codes))


def test_no_gtin_looks_like_a_code_of_the_shop_s_own() -> None:
    reserved = (*SHOP.shop["loyalty_card_prefixes"], *SHOP.shop["staff_badge_prefixes"])
    reserved += tuple(row["pattern"][:2] for row in SHOP.shop["embedded_patterns"])
    gtins = [code for product in SHOP.products for code in product["barcodes"] if len(code) > 5]
    assert [code for code in gtins if code.startswith(reserved)] == []


def test_everything_weighed_has_an_item_number_for_the_labels_of_the_scale() -> None:
    weighed = [product for product in SHOP.products if product["unit"] == Unit.KILOGRAM]
    assert len(weighed) > 50
    assert all(any(len(code) == 5 for code in product["barcodes"]) for product in weighed)


def test_every_colour_can_be_read_under_black_and_under_white() -> None:
    for row in (*SHOP.products, *SHOP.categories, *SHOP.employees):
        assert HEX_COLOUR.fullmatch(row["colour"])
        light = luminance(row["colour"])
        assert (light + 0.05) / 0.05 >= 4.4, row
        assert 1.05 / (light + 0.05) >= 4.4, row


def test_the_shop_has_what_a_screen_must_cope_with() -> None:
    products = SHOP.products
    assert 300 <= len(products) <= 600
    assert max(len(product["name"]) for product in products) == 60
    assert 15 <= sum(product["favourite"] for product in products) <= 24
    assert {product["unit"] for product in products} == set(Unit)
    assert any(product["picture"] is None for product in products)
    assert any(len(product["barcodes"]) > 1 for product in products)
    assert any(not product["barcodes"] for product in products)


def test_the_cheeseburger_of_seed_000_is_sold() -> None:
    (burger,) = (product for product in SHOP.products if product["id"] == "BURGER")
    assert (burger["sku"], burger["name"], burger["price_minor"]) == ("BURGER", "Cheeseburger", 899)


def test_something_that_the_shop_does_not_list_can_be_sold_at_an_open_price() -> None:
    (various,) = (product for product in SHOP.products if product["id"] == "VARIOUS")
    assert (various["name"], various["open_price"]) == ("Various", True)


def test_two_cashiers_and_a_manager_work_here() -> None:
    assert [(row["id"], row["name"], row["role"], row["pin"]) for row in SHOP.employees] == [
        ("emp_1", "Anna Berg", "cashier", "1111"),
        ("emp_2", "Ben Carter", "cashier", "2222"),
        ("emp_9", "Maria Klein", "manager", "9999"),
    ]


def test_one_product_lies_on_one_line_so_that_a_change_reads_as_one() -> None:
    lines = resources.text("demo/products.json").splitlines()
    assert len(lines) == len(SHOP.products) + 2
