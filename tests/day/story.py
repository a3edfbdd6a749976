"""What happens on the day. Each part is played by a till process of its own; see ``run.py`` for what goes on around it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import Qt

from pos_desktop.devices.simulator_control import Behaviour
from pos_desktop.domain.barcodes import check_digit
from pos_desktop.domain.customers import KnownFrom
from pos_desktop.services.views import LookupState, SyncState
from tests.day import goods
from tests.day.cashier import Cashier

ANNA = ("Anna Berg", "1111")
BEN = ("Ben Carter", "2222")
MARIA = ("Maria Klein", "9999")


class Director(Protocol):
    """Whoever breaks things outside."""

    def tell(self, at: str, **values: object) -> None:
        """Say where the story is."""

    def wait_for_director(self, at: str, **values: object) -> None:
        """Say it, and hold still until told to go on."""


# -- small scenes -----------------------------------------------------------------------------------------------------


def scan_some(cashier: Cashier, chance: random.Random, most: int = 8) -> None:
    """Scan a few goods."""
    for code in chance.sample(goods.pieces(), chance.randint(1, most)):
        cashier.scan(code)


def identify(cashier: Cashier, identifier: str, states: tuple[LookupState, ...]) -> None:
    """Type a customer's identifier into the box and wait for the answer."""
    cashier.enter_box(identifier)
    cashier.wait(lambda: cashier.basket.lookup in states, f"a lookup of {identifier} that ends in {states}")


def sale(cashier: Cashier, chance: random.Random, number: int) -> None:
    """One customer, whose wishes follow from the number."""
    if number % 3 == 0:
        cashier.scan(chance.choice(goods.loyalty_cards(300)))
        cashier.wait(lambda: cashier.basket.customer is not None, "the customer of the card")
    scan_some(cashier, chance)
    if number % 4 == 1:
        cashier.scan(goods.weight_label(chance.randrange(60), chance.randint(80, 2_400)))
    if number % 5 == 2:
        cashier.scan(goods.price_label(chance.randrange(60), chance.randint(99, 1_999)))
    if number % 6 == 3:
        cashier.write("3")
        cashier.scan(chance.choice(goods.pieces()))
    if number % 7 == 4:
        cashier.press(Qt.Key.Key_F4)
        cashier.write("10")
        cashier.press(Qt.Key.Key_Return)
        cashier.wait(lambda: cashier.basket.priced.discount_minor > 0, "the line's discount")
    if number % 8 == 5:
        cashier.press(Qt.Key.Key_F10)
        cashier.touch_key("sale.basket_discount")
        cashier.write("5")
        cashier.press(Qt.Key.Key_Return)
        cashier.wait(lambda: cashier.basket.basket.discount is not None, "the basket's discount")
    if number % 9 == 6:
        cashier.press(Qt.Key.Key_Minus if number % 2 else Qt.Key.Key_Plus)
    if not cashier.basket.basket.lines:
        cashier.scan(chance.choice(goods.pieces()))
    cashier.pay()
    tender(cashier, number)
    cashier.next_customer()


def tender(cashier: Cashier, number: int) -> None:
    """Pay, in one of the ways that customers do."""
    view = cashier.basket
    rich = view.customer is not None and cashier.till.checkout.max_points(view.basket.id).points >= 100
    way = number % 6
    if rich and way in (0, 3):
        cashier.press(Qt.Key.Key_F7)
        cashier.write("100")
        cashier.press(Qt.Key.Key_Return)
        if cashier.window.screen_name == "payment":
            cashier.wait(lambda: any(item.points for item in cashier.basket.tenders), "the points as a tender")
    if cashier.window.screen_name != "payment":
        return
    if way in (1, 4):
        cashier.press(Qt.Key.Key_F6)
    elif way == 2 and cashier.basket.left_minor > 200:
        cashier.write("1.50")
        cashier.press(Qt.Key.Key_F6)
        cashier.wait(lambda: len(cashier.basket.tenders) > 0, "the card's part")
        cashier.press(Qt.Key.Key_F5)
    elif way == 5:
        left = cashier.basket.left_minor
        cashier.cash(str(-(-left // 500) * 5))
    else:
        cashier.press(Qt.Key.Key_F5)
    cashier.on("receipt")


def hold_and_serve_another(cashier: Cashier, chance: random.Random, number: int) -> None:
    """A customer forgot something; the next one is served meanwhile."""
    scan_some(cashier, chance, 4)
    kept = cashier.basket
    cashier.press(Qt.Key.Key_F6)
    cashier.wait(lambda: len(cashier.till.baskets.held()) == 1, "the basket among the held ones")
    sale(cashier, chance, number)
    cashier.press(Qt.Key.Key_F7)
    cashier.on("held")
    cashier.picture(f"held-{number}")
    cashier.press(Qt.Key.Key_Return)
    cashier.on("sale")
    cashier.wait(lambda: cashier.basket.basket.id == kept.basket.id, "the held basket back on the counter")
    assert cashier.basket.priced == kept.priced
    cashier.pay()
    cashier.cash_exact()
    cashier.next_customer()


def enrol(cashier: Cashier, first: str, last: str, phone: str) -> None:
    """Make a customer on the customer screen, for the basket at hand."""
    cashier.press(Qt.Key.Key_F5)
    cashier.on("customer")
    cashier.press(Qt.Key.Key_F9)
    cashier.write(f"{first} {last}")
    cashier.press(Qt.Key.Key_Tab)
    cashier.write(phone)
    cashier.picture(f"enrolment-{last.lower()}")
    cashier.press(Qt.Key.Key_Return)
    cashier.on("sale")
    cashier.wait(lambda: cashier.basket.customer is not None, f"{first} as the basket's customer")


def set_lookup_freshness(cashier: Cashier, seconds: str) -> None:
    """Change on the settings screen how long an answer about a customer counts as fresh."""
    cashier.press(Qt.Key.Key_F10)
    cashier.touch_key("sale.settings")
    cashier.on("settings")
    cashier.press(Qt.Key.Key_F7)
    field = cashier.field(cashier.window.desk.texts.t("setting.lookup.cache_ttl_seconds"))
    cashier.touch(field)
    field.selectAll()
    cashier.write(seconds)
    cashier.picture(f"settings-lookup-{seconds}")
    cashier.press(Qt.Key.Key_F12)
    wanted = int(seconds)
    cashier.wait(lambda: cashier.till.lookup_settings().cache_ttl_seconds == wanted, "the setting in force")
    cashier.press(Qt.Key.Key_Escape)
    cashier.on("sale")


# -- the parts --------------------------------------------------------------------------------------------------------


def morning(cashier: Cashier, director: Director) -> None:
    """Log in, the five lookups of seed 000, and customers of every kind."""
    chance = random.Random(1)
    cashier.wait(lambda: len(cashier.till.staff.employees()) == 3, "the people behind the till")
    cashier.wait(lambda: cashier.till.sync.status().state is SyncState.UP_TO_DATE, "a loaded till")
    cashier.picture("lock")
    cashier.touch_named(ANNA[0])
    cashier.write("1234")
    cashier.press(Qt.Key.Key_Return)
    cashier.wait(lambda: bool(cashier.message()), "the refusal of a wrong PIN")
    cashier.picture("lock-wrong-pin")
    cashier.log_in(*ANNA)
    cashier.on("sale")
    cashier.picture("sale-empty")
    director.tell("logged_in")
    five_lookups(cashier)
    director.tell("looked_up")
    for number in range(22):
        sale(cashier, chance, number)
        director.tell("sold", number=number)
    hold_and_serve_another(cashier, chance, 23)
    refusals(cashier)
    full_basket(cashier, chance)
    cashier.press(Qt.Key.Key_F11)
    cashier.on("lock")


def five_lookups(cashier: Cashier) -> None:
    """The scenarios of seed 000: found, guest, profile, cached, unknown."""
    identify(cashier, "+1234567890", (LookupState.FOUND,))
    john = cashier.basket.customer
    assert john is not None
    assert (john.customer.id, john.points, john.customer.tier) == ("CUST_001", 1250, "GOLD")
    cashier.enter_box("cheeseburger")
    cashier.wait(lambda: len(cashier.basket.basket.lines) == 1, "the cheeseburger")
    cashier.picture("sale-customer")
    cashier.pay()
    cashier.picture("payment")
    cashier.cash_exact()
    cashier.picture("receipt")
    cashier.next_customer()
    cashier.scan(goods.pieces()[0])
    assert cashier.basket.customer is None
    cashier.pay()
    cashier.cash_exact()
    cashier.next_customer()
    cashier.press(Qt.Key.Key_F5)
    cashier.on("customer")
    cashier.write("doe john")
    cashier.wait(lambda: cashier.sees("John Doe"), "John Doe among the customers")
    cashier.picture("customer")
    cashier.press(Qt.Key.Key_Escape)
    cashier.on("sale")
    set_lookup_freshness(cashier, "3600")
    identify(cashier, "+1234567890", (LookupState.FOUND,))
    assert cashier.till.customers.recent_lookups(1)[0].outcome == "cache"
    cashier.scan(goods.pieces()[1])
    cashier.pay()
    cashier.cash_exact()
    cashier.next_customer()
    identify(cashier, "+9999999999", (LookupState.NOT_FOUND,))
    assert cashier.basket.customer is None
    cashier.wait(lambda: cashier.sees("+9999999999"), "the unknown identifier on the strip")
    cashier.picture("sale-unknown-customer")
    cashier.scan(goods.pieces()[2])
    cashier.pay()
    cashier.cash_exact()
    cashier.next_customer()


def refusals(cashier: Cashier) -> None:
    """What a till must refuse, in words."""
    cashier.scan("4000000000000")
    cashier.wait(lambda: bool(cashier.message()), "the refusal of a wrong check digit")
    unknown = "409999999999" + check_digit("409999999999")
    cashier.scan(unknown)
    cashier.wait(lambda: unknown in cashier.message(), "the unknown code by its name")
    cashier.picture("sale-unknown-code")
    cashier.press(Qt.Key.Key_Escape)


def full_basket(cashier: Cashier, chance: random.Random) -> None:
    """A long basket, a dropped card line that is resolved, and a declined card."""
    for code in chance.sample(goods.pieces(), 14):
        cashier.scan(code)
    cashier.picture("sale-full")
    cashier.pay()
    cashier.write("5")
    cashier.order_card(Behaviour.DECLINE)
    cashier.press(Qt.Key.Key_F6)
    cashier.wait(lambda: bool(cashier.message()), "the declined card")
    cashier.picture("payment-declined")
    cashier.press(Qt.Key.Key_Delete)
    cashier.write("5.50")
    cashier.order_card(Behaviour.DROP_AFTER)
    cashier.press(Qt.Key.Key_F6)
    cashier.wait(lambda: cashier.basket.card_unknown is not None, "an outcome that is not known")
    cashier.picture("payment-unknown")
    cashier.press(Qt.Key.Key_Return)
    cashier.wait(lambda: len(cashier.basket.tenders) == 1, "the terminal's word that it charged")
    cashier.picture("payment-split")
    cashier.press(Qt.Key.Key_F5)
    cashier.on("receipt")
    cashier.next_customer()


def noon(cashier: Cashier, director: Director) -> None:
    """The centre dies; the shop goes on, with new customers and points. Then the till dies in the middle of a basket."""
    chance = random.Random(2)
    cashier.log_in(*BEN)
    cashier.on("sale")
    director.wait_for_director("noon")
    cashier.wait(lambda: cashier.till.sync.status().state is SyncState.OFFLINE, "the till's knowledge of being offline")
    cashier.picture("sale-offline")
    for number in range(16):
        sale(cashier, chance, 30 + number)
        director.tell("sold", number=30 + number)
    for first, last, phone in (("Ida", "Lang", "0151 2345 6701"), ("Omar", "Said", "+49 151 23456702")):
        cashier.scan(chance.choice(goods.pieces()))
        enrol(cashier, first, last, phone)
        cashier.pay()
        cashier.cash_exact()
        cashier.next_customer()
    stale_lookup(cashier)
    spend_from_allowance(cashier)
    cashier.press(Qt.Key.Key_F10)
    cashier.touch_key("sale.sync")
    cashier.on("sync")
    cashier.picture("sync-offline")
    cashier.press(Qt.Key.Key_Escape)
    cashier.on("sale")
    for code in goods.pieces()[10:15]:
        cashier.scan(code)
    view = cashier.basket
    director.wait_for_director("mid_basket", basket=view.basket.id, due_minor=view.due_minor)


def stale_lookup(cashier: Cashier) -> None:
    """Somebody whom nobody can be asked about, known from before: the answer carries its age."""
    set_lookup_freshness(cashier, "0")
    identify(cashier, "john@example.com", (LookupState.STALE,))
    known = cashier.basket.customer
    assert known is not None
    assert known.known_from is not KnownFrom.API
    cashier.wait(lambda: cashier.sees("John Doe"), "John Doe on the strip")
    cashier.picture("sale-stale-customer")
    cashier.scan(goods.pieces()[3])
    cashier.pay()
    cashier.cash_exact()
    cashier.next_customer()


def spend_from_allowance(cashier: Cashier) -> None:
    """Points offline: as many as the allowance gives, and not one more."""
    identify(cashier, "+0987654321", (LookupState.STALE, LookupState.FOUND))
    for code in goods.pieces()[20:28]:
        cashier.scan(code)
    cashier.pay()
    most = cashier.till.checkout.max_points(cashier.basket.basket.id)
    cashier.press(Qt.Key.Key_F7)
    cashier.picture("payment-points-offline")
    cashier.write(str(most.points))
    cashier.press(Qt.Key.Key_Return)
    if cashier.window.screen_name == "payment":
        cashier.press(Qt.Key.Key_F5)
    cashier.next_customer()


def after_basket_crash(cashier: Cashier, director: Director) -> None:
    """The till is back: the basket lies there as it lay. Then the till dies right after "paid", its paper not out yet."""
    cashier.log_in(*BEN)
    cashier.on("sale")
    cashier.wait(lambda: len(cashier.basket.basket.lines) == 5, "the basket of before the crash")
    cashier.picture("sale-after-crash")
    cashier.pay()
    director.wait_for_director("printer_out")
    cashier.cash_exact()
    shown = cashier.till.sales.recent(1)[0]
    director.wait_for_director("paid", sale=shown.id, code=shown.receipt_code)


def after_paid_crash(cashier: Cashier, director: Director) -> None:
    """What was shown as paid is there; the centre comes back; everything flows."""
    chance = random.Random(3)
    cashier.log_in(*ANNA)
    cashier.on("sale")
    last = cashier.till.sales.recent(1)[0]
    assert cashier.till.sales.get(last.id).sale.lines
    cashier.wait(lambda: _printed(cashier, last.id), "the paper of the sale that the power cut fell on")
    for number in range(4):
        sale(cashier, chance, 50 + number)
    director.wait_for_director("centre_wanted")
    cashier.wait(lambda: cashier.till.sync.status().state is SyncState.UP_TO_DATE, "the till up to date again")
    cashier.picture("sale-online-again")
    for number in range(14):
        sale(cashier, chance, 60 + number)
        director.tell("sold", number=60 + number)
    cashier.press(Qt.Key.Key_F11)
    cashier.on("lock")


def _printed(cashier: Cashier, sale_id: str) -> bool:
    job = cashier.till.receipts.original(sale_id)
    return job is not None and job.state == "printed"


def evening(cashier: Cashier, director: Director) -> None:
    """The manager looks at everything, in German and in the dark, and goes home when nothing is left to send."""
    cashier.log_in(*MARIA)
    cashier.on("sale")
    cashier.press(Qt.Key.Key_F8)
    cashier.on("receipt")
    cashier.picture("receipts")
    cashier.press(Qt.Key.Key_Escape)
    cashier.on("sale")
    cashier.press(Qt.Key.Key_F10)
    cashier.touch_key("sale.sync")
    cashier.on("sync")
    cashier.picture("sync-up-to-date")
    cashier.press(Qt.Key.Key_Escape)
    cashier.on("sale")
    cashier.wait(lambda: cashier.till.sync.status().pending == 0, "an empty outbox")
    director.tell("all_sent")
    in_german_and_in_the_dark(cashier)


def in_german_and_in_the_dark(cashier: Cashier) -> None:
    """The same screens for somebody else's eyes, on a large monitor."""
    till = cashier.till
    for language, theme, size in (
        ("de", "light", (1024, 768)),
        ("de", "dark", (1024, 768)),
        ("en", "dark", (1920, 1080)),
    ):
        cashier.window.resize(*size)
        cashier.window.apply_settings(replace(till.settings, language=language, theme=theme))
        mark = f"{language}-{theme}-{size[0]}"
        cashier.on("sale")
        for code in (*goods.pieces()[40:52], goods.weight_label(3, 1_250)):
            cashier.scan(code)
        cashier.picture(f"sale-{mark}")
        cashier.pay()
        cashier.picture(f"payment-{mark}")
        cashier.cash_exact()
        cashier.picture(f"receipt-{mark}")
        cashier.next_customer()
        for key, screen in ((Qt.Key.Key_F5, "customer"), (Qt.Key.Key_F7, "held"), (Qt.Key.Key_F8, "receipt")):
            cashier.press(key)
            cashier.on(screen)
            cashier.picture(f"{screen}-list-{mark}")
            cashier.press(Qt.Key.Key_Escape)
            cashier.on("sale")
        for sentence, screen in (("sale.sync", "sync"), ("sale.settings", "settings")):
            cashier.press(Qt.Key.Key_F10)
            cashier.touch_key(sentence)
            cashier.on(screen)
            cashier.picture(f"{screen}-{mark}")
            cashier.press(Qt.Key.Key_Escape)
            cashier.on("sale")
    cashier.press(Qt.Key.Key_F11)
    cashier.on("lock")
    cashier.picture("lock-en-dark-1920")
    cashier.wait(lambda: till.sync.status().pending == 0, "an empty outbox")


PARTS: dict[str, Callable[[Cashier, Director], None]] = {
    "morning": morning,
    "noon": noon,
    "after_basket_crash": after_basket_crash,
    "after_paid_crash": after_paid_crash,
    "evening": evening,
}
