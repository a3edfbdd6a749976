"""A real central API for tests: uvicorn in a thread, on a free port, over a SQLite file of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn

from central_api.app import create_app
from central_api.database import open_engine
from central_api.demo import DemoShop, seed_demo
from central_api.migrate import upgrade
from central_api.serve import Server, configure, listen
from central_api.settings import ApiSettings
from pos_desktop.domain.shop import Programme, RoundingMode, Shop, TaxRounding, Tier

TENANT = "demo"
STORE = "store_1"
TERMINALS = (("term_001", "token-of-term-001"), ("term_002", "token-of-term-002"))
_START_S = 20.0

SHOP = Shop(
    tenant_id=TENANT,
    store_id=STORE,
    name="Test Market",
    address=("Main Street 1", "12345 Town"),
    tax_number="DE123456789",
    currency="EUR",
    decimals=2,
    region="DE",
    zone="Europe/Berlin",
    tax_rounding=TaxRounding.PER_LINE,
    cash_step_minor=1,
    cash_rounding=RoundingMode.HALF_UP,
    programme=Programme(
        earn_per_minor=100,
        redeem_points=100,
        redeem_minor=100,
        tiers=(Tier("BRONZE", 100, 0), Tier("SILVER", 110, 200), Tier("GOLD", 125, 500), Tier("PLATINUM", 150, 800)),
        allowance_percent=50,
        allowance_cap_points=1_000,
        allowance_max_age_s=86_400,
    ),
    embedded_patterns=(),
    loyalty_card_prefixes=("CARD_", "29"),
    staff_badge_prefixes=("BADGE_",),
    notes_minor=(5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    receipt_header=(),
    receipt_footer=(),
)


def customer(customer_id: str, **fields: Any) -> dict[str, Any]:
    """A customer as :class:`central_api.demo.DemoShop` takes them."""
    plain: dict[str, Any] = {"first_name": "", "last_name": "", "phone": "", "email": "", "card": "", "tier": "BRONZE"}
    plain |= {"status": "ACTIVE", "vip": False, "points": 0, "credit_minor": 0, "total_spent_minor": 0}
    plain |= {"total_orders": 0, "note": "", "aliases": ()}
    return {"id": customer_id} | plain | fields


SEED_CUSTOMERS = (
    customer(
        "CUST_001",
        first_name="John",
        last_name="Doe",
        phone="+1234567890",
        email="john.doe@example.com",
        tier="GOLD",
        points=1250,
        total_spent_minor=543_250,
        total_orders=87,
        aliases=(("email", "john@example.com"),),
    ),
    customer(
        "CUST_002", first_name="Jane", last_name="Smith", phone="+0987654321", tier="PLATINUM", points=5000, vip=True
    ),
    customer("CUST_003", first_name="Bob", last_name="Wilson", card="CARD_123456", tier="SILVER", points=500),
    customer("CUST_004", first_name="Alice", last_name="Johnson", phone="+5555555555", points=250),
)
TAX = {"id": "vat_19", "name": "VAT 19 %", "kind": "percent", "rate_ppm": 190_000, "amount_minor": 0, "inclusive": True}
CATEGORY = {"id": "food", "name": "Food", "colour": "#438436", "position": 1}
PRODUCT = {
    "id": "BURGER",
    "sku": "BURGER",
    "name": "Cheeseburger",
    "category_id": "food",
    "unit": "piece",
    "price_minor": 899,
    "barcodes": ["4006381333931", "96385074"],
    "tax_ids": ["vat_19"],
    "colour": "#976d3e",
    "picture": None,
    "open_price": False,
    "favourite": True,
    "stock_milli": None,
}
EMPLOYEE = {"id": "emp_1", "name": "Anna Berg", "role": "cashier", "pin": "1111", "colour": "#397baa"}


def small_shop(
    *,
    shop: Shop = SHOP,
    customers: Sequence[dict[str, Any]] = SEED_CUSTOMERS,
    products: Sequence[dict[str, Any]] = (PRODUCT,),
    terminals: Sequence[tuple[str, str]] = TERMINALS,
) -> DemoShop:
    """A shop of one product, one employee and the seed's customers: small, so that a test starts at once."""
    return DemoShop(
        shop=shop,
        categories=(CATEGORY,),
        products=products,
        taxes=(TAX,),
        employees=(EMPLOYEE,),
        customers=customers,
        terminals=terminals,
    )


class _Server(Server):
    """The server, stopping at once: uvicorn looks ten times a second, which a hundred tests would wait for."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config, ready)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: asyncio.Event | None = None

    async def main_loop(self) -> None:
        self._asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        if not self.should_exit:
            await self._asked.wait()

    def ask_to_stop(self) -> None:
        self.should_exit = True
        if self._loop is not None and self._asked is not None:
            with contextlib.suppress(RuntimeError):  # it was stopped before
                self._loop.call_soon_threadsafe(self._asked.set)


@dataclass
class RunningApi:
    """A central API that answers.

    Args:
        url: where, without a slash at the end.
        token: of the first terminal; ``tokens`` of all by their id.
    """

    url: str
    engine: sa.Engine
    tokens: dict[str, str]
    _server: _Server = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    @property
    def token(self) -> str:
        """The token of the first terminal."""
        return next(iter(self.tokens.values()))

    @property
    def port(self) -> int:
        """Where it listens, to be started there again."""
        return int(self.url.rsplit(":", 1)[1])

    def stop(self) -> None:
        """Stop answering; the database stays. Stopping twice is no fault."""
        self._server.ask_to_stop()
        self._thread.join()
        self.engine.dispose()


@functools.cache
def small_database() -> bytes:
    """The file of a migrated server with the small shop: made once, since most tests begin with it."""
    with tempfile.TemporaryDirectory(prefix="till-central-") as folder:
        file = Path(folder) / "central.sqlite"
        engine = open_engine(f"sqlite:///{file}")
        upgrade(engine)
        seed_demo(engine, small_shop())
        engine.dispose()
        return file.read_bytes()


def start_api(
    database: Path,
    demo: DemoShop | None = None,
    *,
    port: int = 0,
    settings: ApiSettings | None = None,
    busy_timeout_s: float = 5,
) -> RunningApi:
    """Start a central API over a SQLite file, which is made and filled when it is not there.

    Args:
        demo: what to fill it with; by default a new file holds :func:`small_shop` and one that is there stays as it is.
        port: 0 for a free one; that of an API stopped before, to bring it back.
    """
    if demo is None and not database.exists():
        database.write_bytes(small_database())
    engine = open_engine(f"sqlite:///{database}", busy_timeout_s=busy_timeout_s)
    tokens = dict(TERMINALS)
    if demo is not None:
        upgrade(engine)
        tokens = {one.terminal_id: one.token for one in seed_demo(engine, demo)}
    started = threading.Event()
    address: list[str] = []

    def ready(url: str) -> None:
        address.append(url)
        started.set()

    app = create_app(engine, settings or ApiSettings(log_level="WARNING"))
    server = _Server(configure(app), ready)
    taken = listen("127.0.0.1", port)

    def run() -> None:
        with taken:
            server.run(sockets=[taken])

    thread = threading.Thread(target=run, name="central-api")
    thread.start()
    if not started.wait(_START_S):
        server.ask_to_stop()
        raise RuntimeError("the central API did not start")
    return RunningApi(address[0], engine, tokens, server, thread)


@contextlib.contextmanager
def running_api(
    database: Path,
    demo: DemoShop | None = None,
    *,
    port: int = 0,
    settings: ApiSettings | None = None,
    busy_timeout_s: float = 5,
) -> Iterator[RunningApi]:
    """A central API for the length of a block."""
    api = start_api(database, demo, port=port, settings=settings, busy_timeout_s=busy_timeout_s)
    try:
        yield api
    finally:
        api.stop()
