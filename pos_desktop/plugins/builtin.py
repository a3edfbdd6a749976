"""The plugins that come with the till; each can be switched off on the settings screen."""

from __future__ import annotations

from collections.abc import Callable

from pos_desktop.domain.basket import Adjustment, DiscountKind
from pos_desktop.domain.customers import CustomerStatus, KnownCustomer, LookupOutcome
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.log import Log
from pos_desktop.plugins.hooks import hookimpl

log = Log(__name__)


class CustomerLookup:
    """Looks a customer up when a basket is started with an identifier.

    Args:
        look_up: starts a lookup in the background: identifier, basket id.
    """

    def __init__(self, look_up: Callable[[str, str], None]) -> None:
        self._look_up = look_up

    @hookimpl
    def basket_started(self, basket_id: str, customer_identifier: str | None) -> None:
        """Start the lookup; a guest's basket needs none."""
        if customer_identifier:
            self._look_up(customer_identifier, basket_id)


class TierDiscount:
    """Gives members of a tier the discount that the shop's programme names."""

    @hookimpl
    def price_adjustments(self, known: KnownCustomer | None, shop: Shop) -> tuple[Adjustment, ...]:
        """One percentage off the basket; nothing for guests and blocked customers."""
        if known is None or known.customer.status is CustomerStatus.BLOCKED:
            return ()
        for tier in shop.programme.tiers:
            if tier.name == known.customer.tier and tier.discount_bp > 0:
                return (Adjustment("tier_discount", tier.name, DiscountKind.PERCENT, tier.discount_bp),)
        return ()


class Recommendation:
    """Tells the cashier what is worth saying: points worth spending, or a customer who comes often."""

    @hookimpl
    def customer_data_fetched(self, known: KnownCustomer) -> str | None:
        """A sentence for the cashier, or None."""
        if known.points >= 1_000:
            return "plugin.recommendation.offer_points"
        if known.customer.total_orders >= 20:
            return "plugin.recommendation.regular"
        return None


class FraudCheck:
    """Warns when a customer is blocked or has a balance below zero."""

    @hookimpl
    def customer_data_fetched(self, known: KnownCustomer) -> str | None:
        """A warning for the cashier, or None."""
        if known.customer.status is CustomerStatus.BLOCKED:
            return "plugin.fraud_check.blocked"
        if known.points < 0:
            return "plugin.fraud_check.overspent"
        return None


class Marketing:
    """Notes who was recognised and who bought, for campaigns that are made elsewhere."""

    @hookimpl
    def customer_data_fetched(self, basket_id: str | None, known: KnownCustomer, outcome: LookupOutcome) -> None:
        """Log that a known customer is here."""
        log.info("customer_recognised", basket=basket_id, customer=known.customer.id, outcome=outcome.value)

    @hookimpl
    def sale_completed(self, sale: Sale) -> None:
        """Log a known customer's sale."""
        if sale.customer_id is not None:
            log.info("customer_bought", sale=sale.id, customer=sale.customer_id)


def standard(look_up: Callable[[str, str], None]) -> dict[str, object]:
    """Give the built-in plugins by name, in the order in which they are asked."""
    return {
        "customer_lookup": CustomerLookup(look_up),
        "tier_discount": TierDiscount(),
        "recommendation": Recommendation(),
        "fraud_check": FraudCheck(),
        "marketing": Marketing(),
    }
