"""Addresses of devices, as they stand in the settings."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pos_desktop.domain.errors import BadInput, ErrorCode

_MAX_PORT: Final = 65_535


def parse_tcp(spec: str, setting: str) -> tuple[str, int]:
    """Read ``tcp://host:port``.

    Args:
        spec: as typed; an IPv6 address stands in brackets.
        setting: name of the setting, for the sentence of the error.

    Raises:
        BadInput: SETTING_OUT_OF_RANGE with ``setting`` and ``value``.
    """
    try:
        parts = urlsplit(spec)
        port = parts.port
    except ValueError:
        raise BadInput(ErrorCode.SETTING_OUT_OF_RANGE, setting=setting, value=spec) from None
    whole = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if parts.scheme != "tcp" or not parts.hostname or not port or port > _MAX_PORT or not whole:
        raise BadInput(ErrorCode.SETTING_OUT_OF_RANGE, setting=setting, value=spec)
    return parts.hostname, port
