"""Pull: bring the server's changes into the replica, page by page, each page with the cursor that covers it."""

from __future__ import annotations

import structlog

from pos_desktop.storage.replica import CollectionRow, Page, ReplicaWriter, collections
from sync.http import Api, CursorGone
from sync.protocol import HEADS_PATH, MAX_PULL_ROWS, PULL_PATH, Collection, HeadsResponse, PullResponse

log = structlog.get_logger(__name__)


class Puller:
    """Keeps the replica equal to the server.

    Args:
        page_rows: rows asked for in one page.
    """

    def __init__(self, replica: ReplicaWriter, api: Api, page_rows: int = MAX_PULL_ROWS) -> None:
        self._replica = replica
        self._api = api
        self._page_rows = page_rows

    def behind(self) -> list[Collection]:
        """Ask for all heads at once and tell which collections have news, in load order.

        Raises:
            SyncTrouble: the server cannot be asked.
        """
        heads = self._api.get(HEADS_PATH, {}, HeadsResponse)
        stands = self._stands()
        news = []
        for head in heads.heads:
            stand = stands.get(head.collection.value)
            if stand is None or not stand.complete or stand.cursor != head.cursor:
                news.append(head.collection)
        order = list(Collection)
        return sorted(news, key=order.index)

    def pull_page(self, collection: Collection, now: str) -> bool:
        """Bring one page of a collection.

        Args:
            now: UTC ISO 8601.

        Returns:
            Whether there is more.

        Raises:
            SyncTrouble: nothing was written.
        """
        stand = self._stands().get(collection.value)
        cursor = "" if stand is None else stand.cursor
        params: dict[str, str | int] = {"c": collection.value, "cursor": cursor, "limit": self._page_rows}
        try:
            page = self._api.get(PULL_PATH, params, PullResponse)
        except CursorGone:
            log.warning("pull_cursor_gone", collection=collection.value)
            self._replica.forget(collection.value)
            return True
        self._replica.apply(
            Page(
                collection=collection.value,
                columns=page.columns,
                rows=page.rows,
                deleted=page.deleted,
                cursor=page.next,
                more=page.more,
                count=page.count,
                schema_v=page.schema_v,
                server_epoch=page.server_epoch,
            ),
            now,
        )
        return page.more

    def confirm(self, names: list[Collection], now: str) -> None:
        """Note that these collections equalled the server's just now."""
        self._replica.confirm([name.value for name in names], now)

    def _stands(self) -> dict[str, CollectionRow]:
        with self._replica.database.read() as connection:
            return collections(connection)
