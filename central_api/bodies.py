"""Bodies in and out: bounded before they are believed, compressed where it pays."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import zstandard
from fastapi import Request
from starlette.responses import Response

from central_api.problems import ApiProblem
from central_api.settings import ApiSettings

Shape = TypeVar("Shape")

_MAX_WINDOW_BYTES = 8 * 1024 * 1024


async def read_body(request: Request, settings: ApiSettings) -> bytes:
    """Read and unpack the body of a request.

    Raises:
        ApiProblem: 413 ``body_too_large``, 415 ``bad_encoding``, 400 ``damaged_body``.
    """
    packed = bytearray()
    async for chunk in request.stream():
        packed += chunk
        if len(packed) > settings.max_body_bytes:
            raise ApiProblem(413, "body_too_large", f"A body has at most {settings.max_body_bytes} bytes.")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return bytes(packed)
    if encoding != "zstd":
        raise ApiProblem(415, "bad_encoding", "Send the body as it is, or compressed with zstd.")
    return _unpack(bytes(packed), settings.max_unpacked_bytes)


def _unpack(packed: bytes, limit: int) -> bytes:
    # What was damaged on the way says nothing of what was sent: the sender must not hold its content to blame.
    try:
        size = zstandard.get_frame_parameters(packed).content_size
        with zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).stream_reader(packed) as reader:
            unpacked = reader.read(limit + 1)
    except zstandard.ZstdError:
        raise ApiProblem(400, "damaged_body", "The body is no whole frame of zstd.") from None
    if len(unpacked) > limit:
        raise ApiProblem(413, "body_too_large", f"A body has at most {limit} bytes when unpacked.")
    if size not in (zstandard.CONTENTSIZE_UNKNOWN, len(unpacked)):
        raise ApiProblem(400, "damaged_body", "The end of the frame is missing.")
    return unpacked


def decode(body: bytes, shape: type[Shape]) -> Shape:
    """Read a body, strictly.

    Raises:
        ApiProblem: 400 ``malformed_body``, with the place of the fault.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiProblem(400, "malformed_body", str(error)[:300]) from None


def answer(request: Request, value: object) -> Response:
    """Write an answer as JSON, for whoever can read that in a frame of zstd with its checksum."""
    body = msgspec.json.encode(value)
    headers = {"Vary": "Accept-Encoding"}
    # Small ones as well: a digit that changes on the way would still be JSON, and stored by the till as data.
    if "zstd" in request.headers.get("accept-encoding", ""):
        body = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(body)
        headers["Content-Encoding"] = "zstd"
    return Response(body, media_type="application/json", headers=headers)
