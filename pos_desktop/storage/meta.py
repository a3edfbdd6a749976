"""Small values of ``till.sqlite``: who this terminal is, and what must not go back."""

from __future__ import annotations

from pos_desktop.storage.database import Connection

DEVICE_EPOCH = "device_epoch"
SERVER_EPOCH = "server_epoch"
JOURNAL_PUBLIC_KEY = "journal_public_key"


def get(connection: Connection, key: str) -> str | None:
    """Read a value."""
    found = connection.exec_driver_sql("SELECT value FROM meta WHERE key = ?", (key,)).scalar()
    return None if found is None else str(found)


def put(connection: Connection, key: str, value: str) -> None:
    """Write a value."""
    connection.exec_driver_sql(
        "INSERT INTO meta (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )


def last_id(connection: Connection) -> str:
    """Tell the highest id this terminal ever made, so that the next one is higher whatever the clock says."""
    found = connection.exec_driver_sql(
        "SELECT max(id) FROM (SELECT max(id) AS id FROM baskets UNION ALL SELECT max(id) FROM outbox"
        " UNION ALL SELECT max(id) FROM loyalty_entries UNION ALL SELECT max(id) FROM lookup_log"
        " UNION ALL SELECT max(id) FROM card_intents UNION ALL SELECT max(id) FROM print_jobs"
        " UNION ALL SELECT max(t.id) FROM baskets b JOIN basket_tenders t ON t.basket_id = b.id"
        " WHERE b.state IN ('open', 'held', 'paying')"
        " UNION ALL SELECT max(id) FROM (SELECT max(id) AS id FROM basket_lines WHERE basket_id ="
        " (SELECT max(id) FROM baskets)))"
    ).scalar()
    return "" if found is None else str(found)


def read_setting(connection: Connection, key: str) -> str | None:
    """Read what was chosen on the settings screen."""
    found = connection.exec_driver_sql("SELECT value FROM local_settings WHERE key = ?", (key,)).scalar()
    return None if found is None else str(found)


def write_setting(connection: Connection, key: str, value: str) -> None:
    """Keep what was chosen on the settings screen."""
    connection.exec_driver_sql(
        "INSERT INTO local_settings (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
