"""The terminal's key: it signs the journal (Ed25519, RFC 8032), and its public half lies in the file it signs for."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos_desktop.storage import meta
from pos_desktop.storage.database import Database
from pos_desktop.storage.journal import Signer
from pos_desktop.storage.secrets import KeyStore

JOURNAL_KEY = "journal-key"


def terminal_signer(keys: KeyStore, till: Database) -> Signer:
    """Give the terminal's signature, making its key, and the name of this installation, at the first start.

    Args:
        keys: where the private key is kept.
        till: the file of facts.
    """
    kept = keys.get(JOURNAL_KEY)
    key = Ed25519PrivateKey.generate() if kept is None else Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept))
    if kept is None:
        keys.set(JOURNAL_KEY, key.private_bytes_raw().hex())
    public = key.public_key().public_bytes_raw().hex()
    with till.read() as connection:
        known = meta.get(connection, meta.JOURNAL_PUBLIC_KEY) == public
        epoch = meta.get(connection, meta.DEVICE_EPOCH)
    if not known or epoch is None:
        with till.write() as connection:
            meta.put(connection, meta.JOURNAL_PUBLIC_KEY, public)
            if epoch is None:
                meta.put(connection, meta.DEVICE_EPOCH, secrets.token_hex(16))
    return lambda digest: key.sign(digest).hex()
