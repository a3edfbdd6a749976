"""Search for customers in what this till has: the replica, its own enrolments, and kept live answers."""

from __future__ import annotations

from pos_desktop.domain.customers import Customer, KnownCustomer
from pos_desktop.services.core import Core
from pos_desktop.services.known import known, record_of
from pos_desktop.storage import customers as rows

LONGEST_TEXT = 80


def search(core: Core, text: str, limit: int) -> tuple[KnownCustomer, ...]:
    """Find customers by the start of a phone number in any form, an e-mail, a card, or a first or last name.

    Args:
        text: as typed; empty finds nobody.
        limit: most customers to give.
    """
    wanted = " ".join("".join(char if char.isprintable() else " " for char in text[:LONGEST_TEXT]).split())
    if not wanted:
        return ()
    tries = _tries(core, wanted)
    with core.read() as (till, replica):
        found: list[Customer] = rows.search_pending(till, [prefix for _column, prefix in tries], limit)
        if replica is not None:
            for column, prefix in tries:
                if len(found) >= limit:
                    break
                found += rows.search_replica(replica, column, prefix, limit)
        found += rows.search_cache(till, [prefix for _column, prefix in tries], limit)
        # An enrolment and the row that the server made of it are one person.
        people: dict[str, KnownCustomer] = {}
        for customer_id in dict.fromkeys(customer.id for customer in found):
            record = record_of(core, till, replica, customer_id)
            if record is not None and record.customer.id not in people and len(people) < limit:
                people[record.customer.id] = known(core, till, replica, record)
    return tuple(people.values())


def _tries(core: Core, wanted: str) -> list[tuple[str, str]]:
    folded = wanted.casefold()
    if "@" in wanted:
        return [("email_folded", folded)]
    digits = "".join(char for char in wanted if char.isdecimal())
    if digits and not any(char.isalpha() for char in wanted):
        region = core.shop().region
        prefixes = dict.fromkeys(("+" + digits, phone_prefix(wanted, region)))
        return [*(("phone_e164", prefix) for prefix in prefixes if len(prefix) > 1), ("card", wanted)]
    return [("name_folded", folded), ("first_folded", folded), ("card", wanted), ("email_folded", folded)]


def phone_prefix(text: str, region: str) -> str:
    """Give the start of an E.164 number for the start of a number as dialled in a region.

    Args:
        text: digits with any spacing; ``+``, ``00`` or the region's own form.
        region: ISO 3166 code.
    """
    import phonenumbers

    digits = "".join(char for char in text if char.isdecimal())
    if text.lstrip().startswith("+"):
        return "+" + digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    code = phonenumbers.country_code_for_region(region)
    return f"+{code}{digits.removeprefix('0')}" if code else "+" + digits
