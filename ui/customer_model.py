"""What the customer screen says about a person, a search and a new customer: keys and values, no widgets."""

from __future__ import annotations

from enum import StrEnum

from pos_desktop.domain.customers import CustomerStatus, KnownCustomer, KnownFrom, NewCustomer


class Empty(StrEnum):
    """Why a search shows nobody. ``not found`` is said only when it is true."""

    ASK = "customer.empty.ask"
    LOADING = "customer.empty.loading"
    NOT_HERE = "customer.empty.not_here"


def empty_because(text: str, complete: bool) -> Empty:
    """Say why there is nothing to show.

    Args:
        text: what is typed.
        complete: the till holds all customers; while it does not, a miss proves nothing.
    """
    if not text.strip():
        return Empty.ASK
    return Empty.NOT_HERE if complete else Empty.LOADING


def is_aged(known: KnownCustomer) -> bool:
    """Whether the age of what is known must be shown beside it."""
    return known.known_from is KnownFrom.STALE


def badges(known: KnownCustomer) -> tuple[tuple[str, str], ...]:
    """Return (key, tone) of the marks a cashier must see, the gravest first."""
    marks: list[tuple[str, str]] = []
    if known.customer.status is CustomerStatus.BLOCKED:
        marks.append(("customer.blocked", "trouble"))
    if known.customer.status is CustomerStatus.INACTIVE:
        marks.append(("customer.inactive", "attention"))
    if known.customer.vip:
        marks.append(("customer.vip", "accent"))
    if known.known_from is KnownFrom.PENDING:
        marks.append(("customer.pending", "attention"))
    return tuple(marks)


def contact(known: KnownCustomer) -> str:
    """Return phone, e-mail and card in one line, whatever of them is known."""
    customer = known.customer
    return " · ".join(part for part in (customer.phone, customer.email, customer.card) if part)


def split_name(text: str) -> tuple[str, str]:
    """Split a typed name into first and last: all but the last word are the first name.

    A single word is a first name; a comma says that the last name comes first (``Berg, Anna``).
    """
    last, comma, first = text.partition(",")
    if comma and first.strip():
        return " ".join(first.split()), " ".join(last.split())
    words = text.replace(",", " ").split()
    if len(words) < 2:
        return " ".join(words), ""
    return " ".join(words[:-1]), words[-1]


def started_from(text: str, card_prefixes: tuple[str, ...]) -> NewCustomer:
    """Fill the field of a new customer that a fruitless search was about.

    Args:
        text: what was searched for.
        card_prefixes: what loyalty card numbers of this shop start with.
    """
    text = text.strip()
    if any(text.startswith(prefix) for prefix in card_prefixes):
        return NewCustomer("", "", card=text)
    if "@" in text:
        return NewCustomer("", "", email=text)
    if sum(char.isdigit() for char in text) >= 4:
        return NewCustomer("", "", phone=text)
    return NewCustomer(*split_name(text))
