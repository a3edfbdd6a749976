"""Pull: bring the server's changes into the replica, page by page, each page with the cursor that covers it."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.log import Log
from pos_desktop.storage.replica import CollectionRow, Page, ReplicaWriter, collections
from pos_desktop.storage.replica_rows import BadPage
from sync.http import Api, BadRequest, CursorGone, SyncTrouble, Unreachable
from sync.protocol import HEADS_PATH, MAX_PULL_ROWS, PULL_PATH, Collection, Head, HeadsResponse, PullResponse

BAD_CURSOR = "bad_cursor"

log = Log(__name__)


class UnusablePage(SyncTrouble):
    """A page of the server's that this release cannot store; the other collections are not concerned."""


@dataclass(frozen=True, slots=True)
class News:
    """What the heads said.

    Args:
        behind: collections with something new, in load order; ``current`` the others.
        high_water: up to which ``device_seq`` the server has every fact of this installation.
    """

    behind: list[Collection]
    current: list[Collection]
    server_epoch: str
    high_water: int


class Puller:
    """Keeps the replica equal to the server.

    Args:
        page_rows: rows asked for in one page.
    """

    def __init__(self, replica: ReplicaWriter, api: Api, page_rows: int = MAX_PULL_ROWS) -> None:
        self._replica = replica
        self._api = api
        self._page_rows = page_rows
        self._repaired: set[Collection] = set()

    def news(self) -> News:
        """Ask for all heads at once.

        Raises:
            SyncTrouble: the server cannot be asked.
        """
        heads = self._api.get(HEADS_PATH, {}, HeadsResponse)
        stands = self._stands()
        behind, loading = [], {}
        # A newer server may have collections that this release does not know.
        known = {head.collection: head for head in heads.heads if head.collection in set(Collection)}
        for collection in Collection:
            head, stand = known.get(collection.value), stands.get(collection.value)
            if head is None:
                continue
            if stand is None or not stand.complete or stand.cursor != head.cursor or self._drifted(stand, head):
                behind.append(collection)
            if stand is None or (not stand.complete and stand.expected != head.count):
                loading[collection.value] = head.count
        if loading:
            self._replica.expect(loading)
        current = [name for name in Collection if name.value in known and name not in behind]
        return News(behind, current, heads.server_epoch, heads.high_water)

    def _drifted(self, stand: CollectionRow, head: Head) -> bool:
        # Two that stand at the same place and differ: loaded anew, but once only, in case it is the count that is wrong.
        collection = Collection(head.collection)
        if stand.row_count == head.count or collection in self._repaired:
            return False
        log.warning("replica_drifted", collection=head.collection, rows=stand.row_count, expected=head.count)
        self._repaired.add(collection)
        self._replica.forget(head.collection)
        return True

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
        except (CursorGone, BadRequest) as refusal:
            if not cursor or (isinstance(refusal, BadRequest) and refusal.reason != BAD_CURSOR):
                raise
            log.warning("pull_cursor_gone", collection=collection.value, code=refusal.reason)
            self._replica.forget(collection.value)
            return True
        if page.collection != collection or (page.more and page.next == cursor):
            raise Unreachable("not_ours", "this page does not follow the cursor")
        if stand is not None and cursor and page.schema_v > stand.schema_v:
            # The server has learned a column: rows that did not change since lack it here.
            self._replica.forget(collection.value)
            return True
        try:
            self._replica.apply(_page(page), now)
        except BadPage as bad:
            raise UnusablePage("bad_page", str(bad)) from bad
        return page.more

    def confirm(self, names: list[Collection], now: str) -> None:
        """Note that these collections equalled the server's just now."""
        self._replica.confirm([name.value for name in names], now)

    def _stands(self) -> dict[str, CollectionRow]:
        with self._replica.database.read() as connection:
            return collections(connection)


def _page(page: PullResponse) -> Page:
    return Page(
        collection=page.collection.value,
        columns=page.columns,
        rows=page.rows,
        deleted=page.deleted,
        cursor=page.next,
        more=page.more,
        count=page.count,
        schema_v=page.schema_v,
        server_epoch=page.server_epoch,
    )
