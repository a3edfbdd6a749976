"""Believable customers in any number, the same for the same seed."""

from __future__ import annotations

import json
import random
import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any

import resources

_PHONES = 10**8
_CARDS = 10**10
# Odd and not a multiple of five, so that a step through a power of ten meets every number once before any repeats.
_PHONE_STEP = 61_803_399
_CARD_STEP = 6_180_339_887

_PHONE_FORMS = ("+49 17{0} {1}", "017{0} {1}", "017{0}/{1}", "+4917{0}{1}", "0049 17{0} {1}", "(017{0}) {1}")
_TIERS = ("BRONZE", "SILVER", "GOLD", "PLATINUM")
_TIER_WEIGHTS = (70, 20, 8, 2)
_TIER_ORDERS = {"BRONZE": (0, 40), "SILVER": (20, 120), "GOLD": (60, 250), "PLATINUM": (150, 600)}
_TIER_EARN_PERCENT = {"BRONZE": 100, "SILVER": 110, "GOLD": 125, "PLATINUM": 150}
_NOTES = (
    "Allergic to nuts.",
    "Collects the weekly vegetable box on Fridays.",
    "Pays the monthly account of the kindergarten.",
    "Prefers to be called by the first name.",
    "Asks for the receipt by e-mail.",
    "Lost the card in spring, new one handed out.",
    "Orders lamb for the holidays, call when it is in.",
    "Hard of hearing, please face the customer.",
)

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ø": "o", "ı": "i", "'": ""})


def customers(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield invented customers; the first ones are the same whatever the count.

    Phone numbers, e-mail addresses, cards and their aliases belong to one customer each, up to a hundred million
    customers, and to none of those in ``customers.json``.

    Args:
        count: how many, 0 or more.
        seed: another seed gives other people.

    Yields:
        ``id, first_name, last_name, phone, email, card, tier, status, vip, points, credit_minor, total_spent_minor,
        total_orders, note`` and ``aliases``, a list of ``(kind, value)`` with kind ``phone`` (E.164) or ``email``.
    """
    names = json.loads(resources.text("demo/names.json"))
    draw = random.Random(seed)
    for index in range(count):
        yield _customer(index, seed, draw, draw.choice(names["first"]), draw.choice(names["last"]))


def _customer(index: int, seed: int, draw: random.Random, first: str, last: str) -> dict[str, Any]:
    prefix, number = _mobile(2 * index, seed)
    phone = draw.choice(_PHONE_FORMS).format(prefix, number) if draw.random() < 0.95 else ""
    email = f"{_ascii(first)}.{_ascii(last)}{index + 1}@example.com" if draw.random() < 0.7 or not phone else ""
    card = _card(index, seed) if draw.random() < 0.6 else ""
    tier = draw.choices(_TIERS, _TIER_WEIGHTS)[0]
    orders = draw.randint(*_TIER_ORDERS[tier])
    spent_minor = orders * draw.randint(900, 4_500)
    earned = spent_minor * _TIER_EARN_PERCENT[tier] // 100 // 100
    status = draw.choices(("ACTIVE", "INACTIVE", "BLOCKED"), (96, 3, 1))[0]
    return {
        "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "first_name": first,
        "last_name": last,
        "phone": phone,
        "email": email,
        "card": card,
        "tier": tier,
        "status": status,
        "vip": tier in {"GOLD", "PLATINUM"} and draw.random() < 0.25,
        "points": earned * draw.randint(10, 60) // 100,
        "credit_minor": draw.randint(2, 60) * 50 if draw.random() < 0.03 else 0,
        "total_spent_minor": spent_minor,
        "total_orders": orders,
        "note": draw.choice(_NOTES) if draw.random() < 0.04 else "",
        "aliases": _aliases(index, seed, first, draw),
    }


def _aliases(index: int, seed: int, first: str, draw: random.Random) -> list[tuple[str, str]]:
    found = []
    if draw.random() < 0.04:
        found.append(("phone", "+4917" + "".join(_mobile(2 * index + 1, seed))))
    if draw.random() < 0.03:
        found.append(("email", f"{_ascii(first)}.old{index + 1}@example.com"))
    return found


def _mobile(number: int, seed: int) -> tuple[str, str]:
    """The digits after 017 of a German mobile number: one for the network, seven for the subscriber."""
    digits = f"{(number * _PHONE_STEP + seed * 7_654_321) % _PHONES:08d}"
    return digits[0], digits[1:]


def _card(index: int, seed: int) -> str:
    body = f"29{(index * _CARD_STEP + seed * 987_654_321) % _CARDS:010d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-weighted % 10}"


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())
