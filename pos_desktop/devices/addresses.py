"""Addresses of devices, as they stand in the settings."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pos_desktop.domain.errors import BadInput, ErrorCode

_MAX_PORT: Final = 65_535


def parse_tcp(spec: str, setting: str, default_port: int | None = None) -> tuple[str, int]:
    """Read ``tcp://host:port``.

    Args:
        spec: as typed; an IPv6 address stands in brackets.
        setting: name of the setting, for the sentence of the error.
        default_port: where the port may be left out.

    Raises:
        BadInput: SETTING_OUT_OF_RANGE with ``setting`` and ``value``.
    """
    try:
        parts = urlsplit(spec)
        port = parts.port if parts.port is not None else default_port
    except ValueError:
        raise BadInput(ErrorCode.SETTING_OUT_OF_RANGE, setting=setting, value=spec) from None
    whole = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if parts.scheme != "tcp" or not parts.hostname or not port or port > _MAX_PORT or not whole:
        raise BadInput(ErrorCode.SETTING_OUT_OF_RANGE, setting=setting, value=spec)
    return parts.hostname, port
