"""The parts of a receipt: what it says, without saying how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.tenders import TenderKind


class Label(StrEnum):
    """Keys of the words on a receipt, translated by whoever renders it."""

    COPY = "receipt.copy"
    TAX_NUMBER = "receipt.tax_number"
    NUMBER = "receipt.number"
    DATE = "receipt.date"
    CASHIER = "receipt.cashier"
    TERMINAL = "receipt.terminal"
    CUSTOMER = "receipt.customer"
    DISCOUNT = "receipt.discount"
    BASKET_DISCOUNT = "receipt.basket_discount"
    SUBTOTAL = "receipt.subtotal"
    TOTAL = "receipt.total"
    ROUNDING = "receipt.rounding"
    TO_PAY = "receipt.to_pay"
    NET = "receipt.net"
    TAX = "receipt.tax"
    CASH = "receipt.cash"
    CARD = "receipt.card"
    POINTS = "receipt.points"
    CREDIT = "receipt.credit"
    CHANGE = "receipt.change"
    POINTS_EARNED = "receipt.points_earned"
    POINTS_REDEEMED = "receipt.points_redeemed"
    POINTS_BALANCE = "receipt.points_balance"
    JOURNAL = "receipt.journal"
    UNIT_PIECE = "unit.piece"
    UNIT_KG = "unit.kg"
    UNIT_L = "unit.l"
    UNIT_M = "unit.m"


class MetaKind(StrEnum):
    """How the value of a meta row is shown."""

    TEXT = "text"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Name and address of the shop, its own header lines, its tax number."""

    name: str
    lines: tuple[str, ...]
    tax_number: str


@dataclass(frozen=True, slots=True)
class CopyBlock:
    """The mark of a copy; ``copy`` counts from 1."""

    copy: int


@dataclass(frozen=True, slots=True)
class MetaRow:
    """One fact about the sale: ``value`` is text, or a UTC time to be put into the store's zone."""

    label: Label
    value: str
    kind: MetaKind = MetaKind.TEXT


@dataclass(frozen=True, slots=True)
class MetaBlock:
    """Receipt number, time, cashier, terminal, customer."""

    rows: tuple[MetaRow, ...]


@dataclass(frozen=True, slots=True)
class AmountRow:
    """A named amount.

    Args:
        label: key of its name; ``text`` goes after the translated label, such as a reason, or is empty.
        amount_minor: signed.
        strong: shown large.
        percent_bp: basis points, for a reduction by percent, to be shown beside the label; else 0.
    """

    label: Label
    text: str
    amount_minor: int
    strong: bool = False
    percent_bp: int = 0


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the sale.

    Args:
        amount_minor: gross; what was taken off follows in ``reductions`` as negative amounts.
        unit_label: key of the unit's short name.
        tax_marks: letters that point into the tax table.
    """

    name: str
    quantity_milli: int
    unit: Unit
    unit_label: Label
    unit_price_minor: int
    amount_minor: int
    reductions: tuple[AmountRow, ...]
    tax_marks: str
    note: str


@dataclass(frozen=True, slots=True)
class ItemsBlock:
    """What was bought."""

    rows: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class TotalsBlock:
    """Subtotal, reductions on the basket, taxes on top, total. The rows above the total sum to it."""

    rows: tuple[AmountRow, ...]


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One tax: ``mark`` is the letter that the items point with."""

    mark: str
    name: str
    inclusive: bool
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class TaxBlock:
    """The tax table."""

    rows: tuple[TaxRow, ...]


@dataclass(frozen=True, slots=True)
class TenderRow:
    """One payment.

    Args:
        detail: such as the masked card, or the number of points spent.
        amount_minor: what was handed over.
    """

    kind: TenderKind
    label: Label
    detail: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TendersBlock:
    """What was paid with; change and cash rounding as sums, 0 when there was none.

    The rows sum to total, rounding and change together.
    """

    rows: tuple[TenderRow, ...]
    change_minor: int
    rounding_minor: int


@dataclass(frozen=True, slots=True)
class PointsRow:
    """A named number of points, signed."""

    label: Label
    points: int


@dataclass(frozen=True, slots=True)
class LoyaltyBlock:
    """What the sale did to the customer's points."""

    rows: tuple[PointsRow, ...]


@dataclass(frozen=True, slots=True)
class JournalBlock:
    """Number and hash of the journal entry: the head of the chain at that moment."""

    seq: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """What a scanner reads to find this receipt again (QR or Code 128)."""

    content: str


@dataclass(frozen=True, slots=True)
class FooterBlock:
    """The shop's own last lines."""

    lines: tuple[str, ...]


Block = (
    HeaderBlock
    | CopyBlock
    | MetaBlock
    | ItemsBlock
    | TotalsBlock
    | TaxBlock
    | TendersBlock
    | LoyaltyBlock
    | JournalBlock
    | CodeBlock
    | FooterBlock
)


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """A receipt as a list of blocks, in the order in which they are shown. Blocks without content are left out."""

    sale_id: str
    receipt_code: str
    currency: str
    decimals: int
    zone: str
    copy: int
    blocks: tuple[Block, ...]
