"""What the facts of one batch do to rows that many facts touch: worked out once, as the last thing before the commit.

A customer who bought twice in a batch is summed up once and sent to the tills once; and rows that several tills want at
the same time are held only for the moment of the commit, always in the same order.
"""

from __future__ import annotations

import sqlalchemy as sa

from central_api.customers import Order, settle
from central_api.feed import Changes
from sync.protocol import Collection


class Effects:
    """Collects what one fact, or a whole batch, does beyond its own rows."""

    def __init__(self) -> None:
        self._changes = Changes()
        self._orders: dict[str, list[Order]] = {}

    def touch(self, collection: Collection, row_id: str) -> None:
        """Note that a pulled row was inserted or changed."""
        self._changes.touch(collection, row_id)

    def order(self, customer_id: str, total_minor: int, completed_at: str) -> None:
        """Note that a customer has a sale more. The caller holds that this happens once a sale.

        Args:
            total_minor: what the sale came to, minor units.
            completed_at: when, UTC ISO 8601.
        """
        self._orders.setdefault(customer_id, []).append(Order(total_minor, completed_at))

    def merge(self, other: Effects) -> None:
        """Take over what one fact did, once it is sure that the fact stays."""
        self._changes.merge(other._changes)
        for customer_id, orders in other._orders.items():
            self._orders.setdefault(customer_id, []).extend(orders)

    def settle(self, connection: sa.Connection, tenant_id: str) -> None:
        """Bring statistics and balances up to date, then stamp every touched row."""
        if self._orders:
            settle(connection, tenant_id, self._orders)
            for customer_id in sorted(self._orders):
                self._changes.touch(Collection.CUSTOMERS, customer_id)
            self._orders.clear()
        self._changes.stamp(connection, tenant_id)
