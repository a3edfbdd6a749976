"""Who asks: terminals and their tokens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from central_api import tables
from central_api.problems import ApiProblem

_REALM = {"WWW-Authenticate": 'Bearer realm="central"'}


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal that a token names.

    Args:
        device_epoch: the installation that pushed last; empty before the first push.
        high_water: of that installation.
    """

    tenant_id: str
    store_id: str
    id: str
    device_epoch: str
    high_water: int


def token_sha256(token: str) -> str:
    """The form in which a token is stored: hex SHA-256. Tokens are long and random, so that no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def terminal_of(connection: sa.Connection, authorization: str) -> Terminal:
    """Find the terminal that a request speaks for.

    Args:
        authorization: the header, ``Bearer <token>``.

    Raises:
        ApiProblem: 401 ``token_missing`` or ``token_unknown``, 403 ``terminal_blocked``.
    """
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiProblem(401, "token_missing", "Send the terminal's token as a bearer token.", headers=_REALM)
    t = tables.terminals
    row = connection.execute(sa.select(t).where(t.c.token_sha256 == token_sha256(token.strip()))).first()
    if row is None:
        raise ApiProblem(401, "token_unknown", "This token belongs to no terminal.", headers=_REALM)
    if row.blocked:
        raise ApiProblem(403, "terminal_blocked", "This terminal was blocked.")
    return Terminal(row.tenant_id, row.store_id, row.id, row.device_epoch, int(row.high_water))
