"""What the demo shop prints on its goods and hands its customers is understood by the till."""

from __future__ import annotations

import msgspec
import pytest

from pos_desktop.domain.barcodes import EmbeddedCode, LoyaltyCode, PlainCode, ProductCode, check_digit, read_scan
from pos_desktop.domain.identifiers import IdentifierKind, classify
from pos_desktop.domain.shop import Shop
from resources import demo

DATA = demo.load()
SHOP = msgspec.convert(DATA.shop, Shop)
PEOPLE = (*DATA.customers, *demo.customers(500))


def item_of(name: str) -> str:
    (product,) = (row for row in DATA.products if row["name"] == name)
    return str(product["barcodes"][0])


def test_every_code_on_the_goods_is_read_as_itself() -> None:
    for product in DATA.products:
        for code in product["barcodes"]:
            meaning = read_scan(code, SHOP)
            if len(code) == 5:
                assert meaning == PlainCode(code)
            else:
                assert isinstance(meaning, ProductCode)
                assert code in meaning.spellings
        assert read_scan(product["sku"], SHOP) == PlainCode(product["sku"])


def test_a_label_of_the_scale_with_a_weight_names_the_item() -> None:
    body = f"28{item_of('Gouda young')}00345"
    meaning = read_scan(body + check_digit(body), SHOP)
    assert isinstance(meaning, EmbeddedCode)
    assert (meaning.item, meaning.price_minor, meaning.quantity_milli) == ("20101", None, 345)


def test_a_label_of_the_scale_with_a_price_names_the_item() -> None:
    body = f"21{item_of('Minced beef')}00799"
    meaning = read_scan(body + check_digit(body), SHOP)
    assert isinstance(meaning, EmbeddedCode)
    assert (meaning.item, meaning.price_minor, meaning.quantity_milli) == ("30101", 799, None)


def test_every_loyalty_card_is_read_as_one_by_the_scanner_and_in_the_customer_box() -> None:
    for card in (row["card"] for row in PEOPLE if row["card"]):
        assert read_scan(card, SHOP) == LoyaltyCode(card)
        found = classify(card, SHOP.region, SHOP.loyalty_card_prefixes)
        assert (found.kind, found.value) == (IdentifierKind.CARD, card)


@pytest.mark.parametrize(("field", "kind"), [("phone", IdentifierKind.PHONE), ("email", IdentifierKind.EMAIL)])
def test_every_phone_and_address_is_read_as_one_and_nobody_shares_it(field: str, kind: IdentifierKind) -> None:
    found = [classify(row[field], SHOP.region, SHOP.loyalty_card_prefixes) for row in PEOPLE if row[field]]
    assert {identifier.kind for identifier in found} == {kind}
    assert len({identifier.value for identifier in found}) == len(found)


def test_every_alias_is_already_in_the_form_that_is_looked_up() -> None:
    for kind, value in (alias for row in PEOPLE for alias in row["aliases"]):
        found = classify(value, SHOP.region, SHOP.loyalty_card_prefixes)
        assert (found.kind, found.value) == (kind, value)
