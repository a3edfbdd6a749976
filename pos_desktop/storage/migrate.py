"""Alembic, run from inside the program: no ini file, no command line."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from sqlalchemy.exc import DBAPIError

SCRIPTS = Path(__file__).parent / "migrations"


def _config(path: Path | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    if path is not None:
        config.attributes["path"] = path
    return config


def upgrade(path: Path) -> None:
    """Bring a file to the newest revision, in one transaction a step.

    Args:
        path: ``till.sqlite``; made when it does not exist.

    Raises:
        sqlite3.Error: as SQLite gave it, without Alembic's and SQLAlchemy's wrapping.
    """
    try:
        command.upgrade(_config(path), "head")
    except DBAPIError as error:
        raise error.orig or error from error


def head() -> str:
    """Name the newest revision that the scripts hold."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise LookupError("no migration scripts")
    return revision


def is_known(revision: str) -> bool:
    """Tell whether this release has the script of ``revision``."""
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision)
    except ResolutionError:
        return False
    except Exception as error:  # alembic wraps the resolution error in its own CommandError
        if "Can't locate revision" in str(error):
            return False
        raise
    return True
