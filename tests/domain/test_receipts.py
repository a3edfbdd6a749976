from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.barcodes import ReceiptCode, read_scan
from pos_desktop.domain.basket import Adjustment, Basket, Discount, DiscountKind
from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.pricing import price
from pos_desktop.domain.receipt_text import MIN_COLUMNS, columns, pair, wrap
from pos_desktop.domain.receipts import (
    DECIMAL_SIGN,
    AmountRow,
    Block,
    CodeBlock,
    CopyBlock,
    FooterBlock,
    HeaderBlock,
    ItemsBlock,
    JournalBlock,
    Label,
    LoyaltyBlock,
    MetaBlock,
    ReceiptDocument,
    TaxBlock,
    TendersBlock,
    TotalsBlock,
    build,
    render_text,
)
from pos_desktop.domain.sales import LoyaltyEntry, Sale
from pos_desktop.domain.settlement import cash_tender
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind
from tests.domain.parts import BAG_10, CITY_2, FIVE_CENTS, SHOP, VAT_19, baskets, make_basket, make_line, shops
from tests.domain.sales import make_sale

LABELS = {label.value: label.name.lower() for label in Label}
BlockT = TypeVar("BlockT", bound=Block)


def money(amount_minor: int) -> str:
    return f"{amount_minor / 100:,.2f}\u00a0€"


def when(utc: str) -> str:
    return utc[:16].replace("T", " ")


def render(document: ReceiptDocument, width_columns: int = 42) -> list[str]:
    return render_text(document, width_columns, LABELS, money, when)


def only(document: ReceiptDocument, kind: type[BlockT]) -> BlockT:
    (block,) = (block for block in document.blocks if isinstance(block, kind))
    return block


def full_sale() -> Sale:
    """A sale with everything that a receipt can show."""
    cheese = make_line("cheese", 1_999, 352, (VAT_19, CITY_2), Unit.KILOGRAM, "Cheese")
    cheese = replace(cheese, discount=Discount(DiscountKind.PERCENT, 1_050, "rind"), note="cut thin")
    basket = replace(
        make_basket(
            make_line("bread", quantity_milli=2_000), cheese, make_line("bag", 15, taxes=(BAG_10,), name="Bag")
        ),
        adjustments=(Adjustment("tier_discount", "Gold", DiscountKind.PERCENT, 500),),
        discount=Discount(DiscountKind.AMOUNT, 100, "regular"),
    )
    priced = price(basket, FIVE_CENTS)
    points = Tender("points_1", TenderKind.POINTS, 200, 200, points=200)
    card = Tender("card_1", TenderKind.CARD, 300, 300, reference="r", detail="VISA **** 1234")
    cash = cash_tender("cash_1", priced.total_minor - 500, 2_000, FIVE_CENTS)
    return replace(
        make_sale(priced, (points, card, cash)),
        customer_id="cust_1",
        customer_name="John Doe",
        loyalty=(LoyaltyEntry("l1", "cust_1", "earn", 9), LoyaltyEntry("l2", "cust_1", "redeem", -200)),
        points_balance_after=1_059,
    )


def test_a_receipt_holds_every_part_in_order() -> None:
    document = build(full_sale(), SHOP, copy=2)
    assert [type(block) for block in document.blocks] == [
        HeaderBlock,
        CopyBlock,
        MetaBlock,
        ItemsBlock,
        TotalsBlock,
        TendersBlock,
        TaxBlock,
        LoyaltyBlock,
        FooterBlock,
        CodeBlock,
        JournalBlock,
    ]


def test_a_plain_sale_leaves_out_what_it_does_not_have() -> None:
    basket = make_basket(make_line(taxes=()))
    priced = price(basket, SHOP)
    sale = make_sale(priced, (cash_tender("c", 349, 349, SHOP),))
    document = build(sale, replace(SHOP, receipt_footer=()))
    kinds = {type(block) for block in document.blocks}
    assert not kinds & {CopyBlock, TaxBlock, LoyaltyBlock, FooterBlock}
    assert [row.label for row in only(document, MetaBlock).rows] == [
        Label.NUMBER,
        Label.DATE,
        Label.CASHIER,
        Label.TERMINAL,
    ]
    assert only(document, TotalsBlock).rows == (AmountRow(Label.TOTAL, "", 349, strong=True),)


def test_only_a_copy_is_marked_as_one() -> None:
    assert not any(isinstance(block, CopyBlock) for block in build(full_sale(), SHOP).blocks)
    assert only(build(full_sale(), SHOP, copy=3), CopyBlock) == CopyBlock(3)


def test_items_show_what_was_taken_off_and_point_at_their_taxes() -> None:
    rows = only(build(full_sale(), SHOP), ItemsBlock).rows
    assert [(row.name, row.amount_minor, row.tax_marks) for row in rows] == [
        ("Rye bread", 698, "A"),
        ("Cheese", 704, "AB"),
        ("Bag", 15, "C"),
    ]
    assert rows[1].reductions == (AmountRow(Label.DISCOUNT, "rind", -74, percent_bp=1_050),)
    assert [row.mark for row in only(build(full_sale(), SHOP), TaxBlock).rows] == ["A", "B", "C"]


def test_payments_show_what_was_handed_over_and_given_back() -> None:
    block = only(build(full_sale(), SHOP), TendersBlock)
    assert [(row.label, row.detail, row.amount_minor) for row in block.rows] == [
        (Label.POINTS, "200", 200),
        (Label.CARD, "VISA **** 1234", 300),
        (Label.CASH, "", 2_000),
    ]


def test_points_are_told() -> None:
    rows = only(build(full_sale(), SHOP), LoyaltyBlock).rows
    assert [(row.label, row.points) for row in rows] == [
        (Label.POINTS_EARNED, 9),
        (Label.POINTS_REDEEMED, -200),
        (Label.POINTS_BALANCE, 1_059),
    ]


def test_the_code_on_a_receipt_finds_it_again() -> None:
    content = only(build(full_sale(), SHOP), CodeBlock).content
    assert read_scan(content, SHOP) == ReceiptCode(content, "TERM_001", 5)


def check_sums(sale: Sale) -> None:
    """What stands above a sum on paper adds up to it."""
    document = build(sale, SHOP)
    items = only(document, ItemsBlock).rows
    *above, total = only(document, TotalsBlock).rows
    lines = sum(row.amount_minor + sum(off.amount_minor for off in row.reductions) for row in items)
    assert total.label is Label.TOTAL
    assert total.amount_minor == sale.total_minor
    if above:
        assert above[0] == AmountRow(Label.SUBTOTAL, "", lines)
        assert sum(row.amount_minor for row in above) == sale.total_minor
    else:
        assert lines == sale.total_minor
    for tenders in (block for block in document.blocks if isinstance(block, TendersBlock)):
        given_minor = sum(row.amount_minor for row in tenders.rows)
        assert given_minor == sale.total_minor + tenders.rounding_minor + tenders.change_minor


def test_the_sums_of_a_receipt_add_up() -> None:
    check_sums(full_sale())


@given(baskets(), shops)
def test_the_sums_of_any_receipt_add_up(basket: Basket, shop: Shop) -> None:
    priced = price(basket, shop)
    left = priced.total_minor
    tenders = (cash_tender("c", left, left + 500, FIVE_CENTS),) if left else ()
    check_sums(make_sale(priced, tenders))


def test_a_receipt_is_laid_out() -> None:
    labels = LABELS | {
        Label.UNIT_PIECE: "pc",
        Label.UNIT_KG: "kg",
        Label.BASKET_DISCOUNT: "discount",
        DECIMAL_SIGN: ",",
    }
    text = "\n".join(render_text(build(full_sale(), SHOP, copy=1), 40, labels, money, when))
    assert text.replace("\u00a0", " ") == EXPECTED.strip("\n")


EXPECTED = """
              Corner Shop
             Main Street 1
              10115 Berlin
              Open all day
         tax_number DE123456789
**************** copy 1 ****************

number                   R-TERM_001-5-25
date                    2026-11-20 10:01
cashier                        Anna Berg
terminal                        term_001
customer                        John Doe
----------------------------------------
Rye bread A
  2 pc x 3.49 €                   6.98 €
Cheese AB
  0,352 kg x 19.99 €              7.04 €
  discount 10,5% rind            -0.74 €
  cut thin
Bag C                             0.15 €
----------------------------------------
subtotal                         13.43 €
discount 5% Gold                 -0.67 €
discount regular                 -1.00 €
tax City 2%                       0.09 €
tax Bag levy                      0.10 €
total                            11.95 €
points 200                        2.00 €
card VISA **** 1234               3.00 €
cash                             20.00 €
change                           13.05 €

A VAT 19% net 9.77 €              1.86 €
B City 2% net 4.64 €              0.09 €
C Bag levy net 0.13 €             0.10 €

points_earned                          9
points_redeemed                     -200
points_balance                      1059

               Thank you!
               Come again

            R-TERM_001-5-25

journal 7
abababababababababababababababababababab
abababababababababababab
"""

anything = st.text(max_size=60)
widths = st.integers(MIN_COLUMNS, 64)
writers: list[Callable[[int], str]] = [money, str, lambda amount_minor: f"{amount_minor:030d} CURRENCY"]


@given(baskets(), anything, anything, widths, st.sampled_from(writers))
def test_nothing_is_ever_wider_than_the_paper(
    basket: Basket, name: str, note: str, width: int, write: Callable[[int], str]
) -> None:
    named = tuple(replace(line, name=name, note=note) for line in basket.lines)
    sale = make_sale(price(replace(basket, lines=named), SHOP), ())
    sale = replace(sale, customer_name=name, employee_name=note, points_balance_after=10**18)
    shop = replace(SHOP, name=name, receipt_header=(note,), receipt_footer=(name,))
    lines = render_text(build(sale, shop, copy=10**30), width, LABELS, write, when)
    assert all(columns(line) <= width for line in lines)
    assert not any(char in line for line in lines for char in "\x1b\x00\r\n\t")


@given(st.text(max_size=80), st.integers(1, 30))
def test_wrapping_loses_no_sign(text: str, width: int) -> None:
    kept = "".join("".join(wrap(text, max(width, 2))).split())
    expected = "".join(char for line in wrap(text, 10_000) for char in line if not char.isspace())
    assert kept == expected


@pytest.mark.parametrize(
    ("left", "right", "lines"),
    [
        ("Bread", "3.49", ["Bread           3.49"]),
        ("Rye bread with seeds", "3.49", ["Rye bread with", "seeds           3.49"]),
        ("Sixteen letters!", "3.49", ["Sixteen", "letters!        3.49"]),
        ("Sixteenlettersss", "3.49", ["Sixteenlettersss", "                3.49"]),
        ("Fifteen letters", "3.49", ["Fifteen letters 3.49"]),
        ("", "3.49", ["                3.49"]),
        ("Total", "123456789012345678901234", ["Total", "12345678901234567890", "                1234"]),
        ("面包", "3.49", ["面包            3.49"]),
    ],
)
def test_amounts_stand_at_the_right_edge(left: str, right: str, lines: list[str]) -> None:
    assert pair(left, right, 20) == lines


def test_amounts_are_not_torn_at_their_no_break_space() -> None:
    assert wrap("2 kg x 19.99\u00a0€", 12) == ["2 kg x", "19.99\u00a0€"]


def test_paper_that_is_too_narrow_is_a_bug() -> None:
    with pytest.raises(ValueError, match="16 columns"):
        render(build(full_sale(), SHOP), MIN_COLUMNS - 1)


def test_a_missing_word_is_a_bug() -> None:
    with pytest.raises(KeyError):
        render_text(build(full_sale(), SHOP), 42, {}, money, when)


def test_a_journal_number_and_hash_stand_on_the_receipt() -> None:
    assert only(build(full_sale(), SHOP), JournalBlock) == JournalBlock(7, "ab" * 32)
