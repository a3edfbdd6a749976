"""What the day's customers buy: codes of the demo shop, and labels as its scales print them."""

from __future__ import annotations

from functools import cache
from typing import Any

import resources.demo
from pos_desktop.domain.barcodes import check_digit

EAN13 = 13


@cache
def pieces() -> tuple[str, ...]:
    """EAN-13 codes of goods sold by the piece."""
    return tuple(
        code
        for product in resources.demo.load().products
        if product["unit"] == "piece" and not product["open_price"]
        for code in product["barcodes"]
        if len(code) == EAN13
    )


@cache
def weighed() -> tuple[dict[str, Any], ...]:
    """Goods sold by the kilogram."""
    return tuple(product for product in resources.demo.load().products if product["unit"] == "kg")


def weight_label(number: int, grams: int) -> str:
    """The label of a scale that prints the weight."""
    item = weighed()[number % len(weighed())]["barcodes"][0]
    digits = f"28{item}{grams:05d}"
    return digits + check_digit(digits)


def price_label(number: int, price_minor: int) -> str:
    """The label of a scale that prints the price."""
    item = weighed()[number % len(weighed())]["barcodes"][0]
    digits = f"21{item}{price_minor:05d}"
    return digits + check_digit(digits)


def loyalty_cards(count: int) -> list[str]:
    """Cards of people whom the demo invents."""
    people = resources.demo.customers(count)
    return [person["card"] for person in people if person["card"] and person["status"] == "ACTIVE"]


def phones(count: int) -> list[str]:
    """Phone numbers of people whom the demo invents."""
    return [person["phone"] for person in resources.demo.customers(count) if person["phone"]]
