"""A till that is killed while it sells: what it said was paid is there, and nothing else is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.till_file import assert_whole, rows
from tests.support.tills import running_till

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"^R-TERM_001-\d+-\d+(?=\n)", re.MULTILINE)
SELLING = """
import sys
from pathlib import Path
from tests.support.tills import running_till
with running_till(Path(sys.argv[1])) as shop:
    while True:
        basket = shop.start()
        shop.till.baskets.add_product(basket, "BURGER", 2_000)
        shop.till.baskets.attach_customer(basket, "CUST_002")
        shop.till.checkout.pay_points(basket, 1)
        shop.till.checkout.pay_cash(basket, 2_000)
        print(shop.till.checkout.finalise(basket).sale.receipt_code, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 30])
def test_no_sale_that_was_shown_is_lost_and_none_is_half(tmp_path: Path, after: int) -> None:
    command = [sys.executable, "-c", SELLING, str(tmp_path)]
    shown: list[str] = []
    for life in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            while len(shown) < (life + 1) * after:
                shown += CODE.findall(process.stdout.readline())
            process.kill()
            shown += CODE.findall(process.stdout.read())
    assert_whole(tmp_path)
    kept = [code for (code,) in rows(tmp_path, "SELECT receipt_code FROM sales ORDER BY receipt_number")]
    assert [code for code in kept if code in shown] == shown, "in order, and nothing missing"
    assert len(kept) - len(shown) in (0, 1, 2), "one a life may be on disk whose word did not get out"
    with running_till(tmp_path) as shop:
        points = sum(entry.points for code in kept for entry in shop.till.sales.by_receipt_code(code).sale.loyalty)
        assert shop.till.customers.profile("CUST_002").points == 5_000 + points
