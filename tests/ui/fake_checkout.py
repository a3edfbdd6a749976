"""Payment, sales and receipts of the fake till."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import CustomerStatus
from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed, NotFound, PaymentTrouble
from pos_desktop.domain.receipts import ReceiptDocument, build
from pos_desktop.domain.sales import LoyaltyEntry, Sale
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketView, PrintJobView, RedeemableView, SaleSummary, SaleView
from tests.ui.fake_shop import NOW

if TYPE_CHECKING:
    from tests.ui.fake_till import FakeTill, Kept


class FakeCheckout:
    """The verbs of ``till.checkout``. ``till.card_script`` holds approve, decline, unknown, silent or cancel."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till
        self._cancelled: set[str] = set()

    def begin(self, basket_id: str, employee_id: str | None = None) -> BasketView:
        self._till.entered("checkout.begin")
        if not self._till.find(basket_id).basket.lines:
            raise BadInput(ErrorCode.BASKET_EMPTY)
        return self._till.set_basket(basket_id, state=BasketState.PAYING)

    def back(self, basket_id: str) -> BasketView:
        self._till.entered("checkout.back")
        kept = self._till.find(basket_id)
        if kept.tenders or kept.card_unknown:
            raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
        return self._till.set_basket(basket_id, state=BasketState.OPEN)

    def quick_amounts(self, left_minor: int) -> tuple[int, ...]:
        above = (-(-left_minor // step) * step for step in (500, 1000, 2000, 5000, 10_000))
        return tuple(sorted({left_minor, *above})[:5])

    def pay_cash(self, basket_id: str, given_minor: int) -> BasketView:
        self._till.entered("checkout.pay_cash")
        left = self._left(basket_id, given_minor)
        amount = min(given_minor, left)
        return self._take(
            basket_id, TenderKind.CASH, amount, given_minor=given_minor, change_minor=given_minor - amount
        )

    def pay_card(self, basket_id: str, amount_minor: int, on_progress: Callable[[str], None]) -> BasketView:
        if self._till.find(basket_id).card_unknown:
            raise PaymentTrouble(ErrorCode.CARD_OUTCOME_UNKNOWN)
        if amount_minor > self._left(basket_id, amount_minor):
            raise BadInput(ErrorCode.TENDER_ABOVE_DUE)
        for step in ("connecting", "present_card", "enter_pin", "authorising"):
            on_progress(step)
        self._till.entered("checkout.pay_card")
        ending = self._till.card_script.pop(0) if self._till.card_script else "approve"
        if basket_id in self._cancelled:
            self._cancelled.discard(basket_id)
            ending = "cancel"
        if ending == "approve":
            on_progress("approved")
            return self._take(basket_id, TenderKind.CARD, amount_minor, reference="T-1", detail="VISA **** 1234")
        if ending == "unknown":
            self._till.find(basket_id).card_unknown = self._till.new_id("intent")
            self._till.changes.publish(Changes.BASKET, basket_id)
            raise PaymentTrouble(ErrorCode.CARD_OUTCOME_UNKNOWN)
        codes = {"decline": ErrorCode.CARD_DECLINED, "cancel": ErrorCode.CARD_CANCELLED}
        raise PaymentTrouble(codes.get(ending, ErrorCode.CARD_TERMINAL_SILENT), reason="51")

    def cancel_card(self, basket_id: str) -> None:
        self._till.calls["checkout.cancel_card"] += 1
        self._cancelled.add(basket_id)
        self._till.gate("checkout.pay_card").set()

    def resolve_card(self, basket_id: str) -> BasketView:
        self._till.entered("checkout.resolve_card")
        kept = self._till.find(basket_id)
        ending = self._till.card_script.pop(0) if self._till.card_script else "approve"
        if ending == "silent":
            raise PaymentTrouble(ErrorCode.CARD_TERMINAL_SILENT)
        kept.card_unknown = None
        if ending == "decline":
            raise PaymentTrouble(ErrorCode.CARD_DECLINED, reason="51")
        if ending == "approve":
            left = self._till.view(basket_id).left_minor
            return self._take(basket_id, TenderKind.CARD, left, reference="T-1", detail="VISA **** 1234")
        return self._till.view(basket_id)

    def max_points(self, basket_id: str) -> RedeemableView:
        self._till.entered("checkout.max_points")
        view = self._till.view(basket_id)
        if view.customer is None:
            return RedeemableView(0, 0, "no_customer")
        if view.customer.customer.status is CustomerStatus.BLOCKED:
            return RedeemableView(0, 0, "blocked")
        spent = sum(tender.points for tender in view.tenders)
        balance = view.customer.points - spent
        allowed = balance if self._till.online else view.customer.allowance_points - spent
        points = max(0, min(balance, allowed, view.left_minor))
        reason = "due" if points == view.left_minor else "balance" if self._till.online else "allowance"
        return RedeemableView(points, points, reason)

    def pay_points(self, basket_id: str, points: int) -> BasketView:
        self._till.entered("checkout.pay_points")
        most = self.max_points(basket_id)
        if points <= 0:
            raise BadInput(ErrorCode.REDEEM_NOT_POSITIVE)
        if points > most.points:
            code = ErrorCode.REDEEM_ABOVE_DUE if most.reason == "due" else ErrorCode.REDEEM_ABOVE_ALLOWANCE
            raise BadInput(code, most=most.points, points=points)
        return self._take(basket_id, TenderKind.POINTS, points, points=points)

    def pay_credit(self, basket_id: str, amount_minor: int) -> BasketView:
        self._till.entered("checkout.pay_credit")
        view = self._till.view(basket_id)
        if view.customer is None:
            raise BadInput(ErrorCode.CUSTOMER_NEEDED)
        if amount_minor > view.customer.credit_minor:
            raise BadInput(ErrorCode.CREDIT_ABOVE_BALANCE, most_minor=view.customer.credit_minor)
        return self._take(basket_id, TenderKind.CREDIT, amount_minor)

    def remove_tender(self, basket_id: str, tender_id: str) -> BasketView:
        self._till.entered("checkout.remove_tender")
        kept = self._till.find(basket_id)
        if any(tender.id == tender_id and tender.kind is TenderKind.CARD for tender in kept.tenders):
            raise NotAllowed(ErrorCode.TENDER_NOT_REMOVABLE)
        kept.tenders = tuple(tender for tender in kept.tenders if tender.id != tender_id)
        return self._till.view(basket_id)

    def reverse_card(self, basket_id: str, tender_id: str) -> BasketView:
        self._till.entered("checkout.reverse_card")
        kept = self._till.find(basket_id)
        kept.tenders = tuple(tender for tender in kept.tenders if tender.id != tender_id)
        return self._till.view(basket_id)

    def finalise(self, basket_id: str) -> SaleView:
        self._till.entered("checkout.finalise")
        if basket_id not in self._till.sold:
            view = self._till.view(basket_id)
            if view.left_minor > 0:
                raise BadInput(ErrorCode.PAID_LESS_THAN_DUE, left_minor=view.left_minor)
            self._till.sold[basket_id] = self._sale(self._till.find(basket_id), view)
            self._till.set_basket(basket_id, state=BasketState.COMPLETED)
            if self._till.prints:
                self._till.receipts.queue(basket_id, 0)
            self._till.changes.publish(Changes.SALES, basket_id)
        return self._till.sales.get(basket_id)

    def _left(self, basket_id: str, amount_minor: int) -> int:
        if amount_minor <= 0:
            raise BadInput(ErrorCode.TENDER_NOT_POSITIVE)
        return self._till.view(basket_id).left_minor

    def _take(
        self, basket_id: str, kind: TenderKind, amount_minor: int, given_minor: int | None = None,
        change_minor: int = 0, points: int = 0, reference: str = "", detail: str = "",
    ) -> BasketView:  # fmt: skip
        kept = self._till.find(basket_id)
        given = amount_minor if given_minor is None else given_minor
        tender = Tender(
            self._till.new_id("tender"), kind, amount_minor, given, change_minor, 0, points, reference, detail
        )
        kept.tenders = (*kept.tenders, tender)
        self._till.changes.publish(Changes.BASKET, basket_id)
        return self._till.view(basket_id)

    def _sale(self, kept: Kept, view: BasketView) -> Sale:
        number = len(self._till.sold) + 1
        shop, priced, customer = self._till.shop, view.priced, kept.customer
        loyalty = (LoyaltyEntry("l1", customer.id, "earn", view.points_to_earn),) if customer else ()
        return Sale(
            kept.basket.id, shop.tenant_id, shop.store_id, kept.basket.terminal_id, kept.basket.employee_id,
            "Anna Berg", customer.id if customer else None, customer.name if customer else "", number,
            f"R-{kept.basket.terminal_id}-{number:06}", NOW, NOW, "2026-11-20", shop.zone, shop.currency, shop.decimals,
            priced.lines, priced.adjustments, priced.taxes, priced.gross_minor, priced.discount_minor,
            priced.net_minor, priced.tax_minor, priced.total_minor, 0, kept.tenders, loyalty, (),
            sum(t.given_minor - t.change_minor for t in kept.tenders if t.kind is TenderKind.CASH),
            customer.points + view.points_to_earn if customer else None, number, "ab" * 32, not self._till.online,
        )  # fmt: skip


class FakeSales:
    """The verbs of ``till.sales``."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till

    def recent(self, limit: int = 50) -> tuple[SaleSummary, ...]:
        self._till.entered("sales.recent")
        newest_first = reversed(self._till.sold.values())
        return tuple(
            SaleSummary(
                sale.id, sale.receipt_code, sale.completed_at, sale.customer_name, sale.total_minor, self._till.online
            )
            for sale in newest_first
        )[:limit]

    def get(self, sale_id: str) -> SaleView:
        if sale_id not in self._till.sold:
            raise NotFound(ErrorCode.SALE_NOT_FOUND)
        return SaleView(self._till.sold[sale_id], self._till.online, self._till.copies[sale_id])

    def by_receipt_code(self, code: str) -> SaleView:
        for sale in self._till.sold.values():
            if sale.receipt_code == code:
                return self.get(sale.id)
        raise NotFound(ErrorCode.SALE_NOT_FOUND, text=code)


class FakeReceipts:
    """The verbs of ``till.receipts``; jobs stay waiting until the spool is flushed."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till

    def document(self, sale_id: str, copy: int = 0) -> ReceiptDocument:
        return build(self._till.sold[sale_id], self._till.shop, copy)

    def original(self, sale_id: str) -> PrintJobView | None:
        return next((job for job in self._till.jobs if job.sale_id == sale_id and not job.copy), None)

    def print(self, sale_id: str) -> PrintJobView:
        self._till.entered("receipts.print")
        return self.original(sale_id) or self.queue(sale_id, 0)

    def reprint(self, sale_id: str, employee_id: str) -> PrintJobView:
        self._till.entered("receipts.reprint")
        self._till.copies[sale_id] += 1
        return self.queue(sale_id, self._till.copies[sale_id])

    def flush_spool(self) -> tuple[PrintJobView, ...]:
        self._till.entered("receipts.flush_spool")
        if self._till.printer_silent:
            self._till.jobs = [replace(job, state="failed", last_error="printer_silent") for job in self._till.jobs]
            self._till.changes.publish(Changes.PRINT)
            return tuple(self._till.jobs[:1])
        self._till.jobs = [replace(job, state="printed", attempts=job.attempts + 1) for job in self._till.jobs]
        self._till.changes.publish(Changes.PRINT)
        return tuple(self._till.jobs)

    def queue(self, sale_id: str, copy: int) -> PrintJobView:
        job = PrintJobView(self._till.new_id("job"), sale_id, "waiting", copy, 0, "")
        self._till.jobs.append(job)
        return job
