"""Structured logs: one JSON object a line, with the request's id. Identifiers, tokens and payloads are never in them."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

_NAME = "central_api"
_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    logging.getLogger(_NAME),
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)


def set_level(level: str) -> None:
    """Say from which level on the server logs; names are those of :mod:`logging`."""
    logging.getLogger(_NAME).setLevel(level)


def write_json(stream: TextIO = sys.stderr) -> None:
    """Write the logs of the server and of uvicorn to a stream, as JSON lines. For a process of its own only."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    for name in (_NAME, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
