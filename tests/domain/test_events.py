from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given

from pos_desktop.domain.basket import Basket
from pos_desktop.domain.events import BasketVoided, EventKind, freeze, thaw
from pos_desktop.domain.pricing import price
from pos_desktop.domain.settlement import cash_tender
from pos_desktop.domain.shop import Shop
from tests.domain.parts import FIVE_CENTS, baskets, shops
from tests.domain.sales import make_sale


@given(baskets(), shops)
def test_a_sale_comes_back_from_its_bytes_as_it_was(basket: Basket, shop: Shop) -> None:
    priced = price(basket, shop)
    left = priced.total_minor
    sale = make_sale(priced, (cash_tender("c", left, left + 500, FIVE_CENTS),) if left else ())
    frozen = freeze(sale)
    assert thaw(frozen.kind, frozen.schema_v, frozen.payload) == sale
    assert freeze(thaw(frozen.kind, frozen.schema_v, frozen.payload)) == frozen
    assert frozen.sha256 == hashlib.sha256(frozen.payload).hexdigest()


def test_a_fact_is_frozen_under_its_own_kind() -> None:
    voided = BasketVoided("b", "t", "e", "2026-11-20T10:00:00.000Z", "changed mind", 2, 500)
    frozen = freeze(voided)
    assert (frozen.kind, frozen.schema_v) == (EventKind.BASKET_VOIDED, 1)
    assert thaw(frozen.kind, frozen.schema_v, frozen.payload) == voided


def test_bytes_of_another_shape_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        thaw(EventKind.SALE_COMPLETED, 1, b'{"id": 5}')
    with pytest.raises(KeyError):
        thaw(EventKind.SALE_COMPLETED, 99, b"{}")
