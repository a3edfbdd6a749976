"""Errors that a person at the till can do something about.

::

    UserError
    ├── BadInput          what was typed or scanned cannot be taken as it is
    ├── NotFound          what was asked for is not there
    ├── NotAllowed        the rules or rights of the shop forbid it
    ├── PaymentTrouble    a tender was refused, or its outcome is not known
    ├── DeviceTrouble     a printer or another device does not do its part
    └── StorageTrouble    the disk or the file is at fault

Everything else that is raised is a bug and is shown as one. The sentence for a code lies in the translations
under ``error.<code>`` with ``params`` filled in; a test holds that every code has its sentence in every language.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names of the refusals a till can give."""

    UNKNOWN_BARCODE = "unknown_barcode"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    SCAN_TOO_LONG = "scan_too_long"
    SCAN_UNREADABLE = "scan_unreadable"
    QUANTITY_ZERO = "quantity_zero"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    QUANTITY_NOT_WHOLE = "quantity_not_whole"
    PRICE_BELOW_ZERO = "price_below_zero"
    PRICE_TOO_LARGE = "price_too_large"
    DISCOUNT_OUT_OF_RANGE = "discount_out_of_range"
    DISCOUNT_ABOVE_AMOUNT = "discount_above_amount"
    AMOUNT_UNREADABLE = "amount_unreadable"
    IDENTIFIER_UNREADABLE = "identifier_unreadable"
    NAME_MISSING = "name_missing"
    CARD_NUMBER_REFUSED = "card_number_refused"
    BASKET_EMPTY = "basket_empty"
    BASKET_NOT_OPEN = "basket_not_open"
    BASKET_HAS_TENDERS = "basket_has_tenders"
    BASKET_FULL = "basket_full"
    LINE_NOT_FOUND = "line_not_found"
    PRODUCT_NOT_FOUND = "product_not_found"
    CUSTOMER_NOT_FOUND = "customer_not_found"
    CUSTOMER_BLOCKED = "customer_blocked"
    CUSTOMER_NEEDED = "customer_needed"
    SALE_NOT_FOUND = "sale_not_found"
    REDEEM_ABOVE_BALANCE = "redeem_above_balance"
    REDEEM_ABOVE_ALLOWANCE = "redeem_above_allowance"
    REDEEM_ABOVE_DUE = "redeem_above_due"
    REDEEM_NOT_POSITIVE = "redeem_not_positive"
    CREDIT_ABOVE_BALANCE = "credit_above_balance"
    CREDIT_NEEDS_NETWORK = "credit_needs_network"
    TENDER_NOT_POSITIVE = "tender_not_positive"
    TENDER_ABOVE_DUE = "tender_above_due"
    TENDER_TOO_LARGE = "tender_too_large"
    TENDER_NOT_REMOVABLE = "tender_not_removable"
    PAID_LESS_THAN_DUE = "paid_less_than_due"
    CARD_DECLINED = "card_declined"
    CARD_TERMINAL_SILENT = "card_terminal_silent"
    CARD_OUTCOME_UNKNOWN = "card_outcome_unknown"
    CARD_CANCELLED = "card_cancelled"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    SHOP_NOT_LOADED = "shop_not_loaded"
    EMPLOYEE_NOT_FOUND = "employee_not_found"
    CARD_NOT_SET_UP = "card_not_set_up"
    CARD_ALREADY_RUNNING = "card_already_running"
    DATABASE_LOCKED = "database_locked"
    DATABASE_READ_ONLY = "database_read_only"
    DISK_FULL = "disk_full"
    DATABASE_NEWER = "database_newer"
    DATABASE_DAMAGED = "database_damaged"
    TILL_ALREADY_OPEN = "till_already_open"
    PRINTER_SILENT = "printer_silent"
    SETTING_OUT_OF_RANGE = "setting_out_of_range"
    KEYS_UNREADABLE = "keys_unreadable"


class UserError(Exception):
    """A refusal with a code and the values its sentence needs.

    Args:
        code: which refusal.
        params: values for the translated sentence; amounts stay in minor units under a name ending in ``_minor``.
    """

    def __init__(self, code: ErrorCode, /, **params: str | int | None) -> None:
        super().__init__(code.value, params)
        self.code = code
        self.params = params


class BadInput(UserError):
    """What was typed or scanned cannot be taken as it is."""


class NotFound(UserError):
    """What was asked for is not there."""


class NotAllowed(UserError):
    """The rules or rights of the shop forbid it."""


class PaymentTrouble(UserError):
    """A tender was refused, or its outcome is not known."""


class DeviceTrouble(UserError):
    """A printer or another device does not do its part."""


class StorageTrouble(UserError):
    """The disk or the file is at fault."""
