"""What a plugin may listen to. Hooks are called outside any transaction and may not write to the till's files."""

from __future__ import annotations

import pluggy

from pos_desktop.domain.basket import Adjustment, Basket
from pos_desktop.domain.customers import KnownCustomer, LookupOutcome
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.shop import Shop

PROJECT = "till"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class TillHooks:
    """The hooks, in the order of a sale."""

    @hookspec
    def basket_started(
        self, basket_id: str, terminal_id: str, employee_id: str, customer_identifier: str | None
    ) -> None:
        """A basket was started. Runs in the background."""

    @hookspec
    def customer_data_fetched(self, basket_id: str | None, known: KnownCustomer, outcome: LookupOutcome) -> str | None:
        """A customer was found for a basket. Runs in the background.

        Returns:
            A key ``plugin.<name>.<sentence>`` to show to the cashier, or None.
        """

    @hookspec
    def price_adjustments(self, basket: Basket, known: KnownCustomer | None, shop: Shop) -> tuple[Adjustment, ...]:
        """A basket is to be priced. Answered at once: the sale does not wait longer than the runner's limit.

        Returns:
            Reductions on the whole basket, in the order in which they apply.
        """
        raise NotImplementedError

    @hookspec
    def sale_completed(self, sale: Sale) -> None:
        """A sale was paid and stored. Runs in the background."""
