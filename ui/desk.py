"""What every screen works with, handed to it once. No globals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from pos_desktop.services.views import Session
from ui.tasks import Tasks
from ui.text import Texts
from ui.theme import Theme

if TYPE_CHECKING:
    from pos_desktop.domain.shop import Shop
    from pos_desktop.services.till import Till
    from pos_desktop.settings import Settings


class Navigator(Protocol):
    """Moves between screens; the main window does it."""

    def go(self, name: str, **params: object) -> None:
        """Show the screen ``name`` (see ``ui.app.SCREENS``) and hand it ``params``."""

    def back(self) -> None:
        """Show the screen before this one."""

    def lock(self) -> None:
        """Leave the till to the next person; baskets stay."""

    def beep(self) -> None:
        """The sound of a refusal."""

    def apply_settings(self, settings: Settings) -> None:
        """Take changed settings into use at once: language, theme, layout."""


def now_utc() -> str:
    """This moment, UTC ISO 8601 with milliseconds and ``Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Desk:
    """The till's services with the words, looks and threads around them.

    Args:
        shop: the shop's rules, None before the first contact with the centre.
        session: who is logged in, None on the lock screen.
        now: gives the moment, UTC ISO 8601; a test may stop it.
    """

    till: Till
    settings: Settings
    texts: Texts
    theme: Theme
    tasks: Tasks
    navigator: Navigator
    shop: Shop | None = None
    session: Session | None = None
    now: Callable[[], str] = field(default=now_utc)

    @property
    def employee_id(self) -> str:
        """Who is logged in.

        Raises:
            RuntimeError: while nobody is.
        """
        if self.session is None:
            raise RuntimeError("nobody is logged in")
        return self.session.employee.id
