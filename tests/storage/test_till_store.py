"""Opening ``till.sqlite``: a known version, one owner, an honest file, and a backup before anything is migrated."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from pos_desktop.domain.errors import ErrorCode, NotAllowed, StorageTrouble
from pos_desktop.storage import meta, migrate, till_store
from pos_desktop.storage.till_store import HEAD_REVISION, TILL_FILE, OwnerLock, backup, open_till, revision
from pos_desktop.storage.till_tables import metadata
from tests.support.rights import as_ordinary_user, reachable_folder
from tests.support.till_file import content

NEXT = '''
"""a later release"""
from alembic import op
import sqlalchemy as sa
revision = "0002"
down_revision = "0001"
branch_labels = depends_on = None
def upgrade() -> None:
    op.add_column("meta", sa.Column("added", sa.Text))
    {more}
'''


def make(folder: Path) -> Path:
    database = open_till(folder)
    with database.write() as connection:
        meta.put(connection, "kept", "value")
    database.close()
    return folder / TILL_FILE


@pytest.fixture
def later_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Migration scripts with one step more, in force."""
    scripts = tmp_path / "scripts"
    shutil.copytree(migrate.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "0002_later.py").write_text(NEXT.format(more=""))
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(till_store, "HEAD_REVISION", "0002")
    return scripts


def test_the_migrations_make_exactly_the_tables_of_the_metadata(tmp_path: Path) -> None:
    path = make(tmp_path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        real = {row[0]: row[1] for row in connection.exec_driver_sql(_SCHEMA)}
    engine.dispose()
    other = create_engine("sqlite://")
    with other.begin() as connection:
        metadata.create_all(connection)
        wanted = {row[0]: row[1] for row in connection.exec_driver_sql(_SCHEMA)}
    other.dispose()
    assert set(real) - {"alembic_version"} == set(wanted)
    for name, columns in wanted.items():
        assert real[name] == columns, name


_SCHEMA = (
    "SELECT m.name, m.type || coalesce((SELECT group_concat(x.name || x.type || x.\"notnull\" || x.pk || coalesce(x.dflt_value, 'none'), '|')"
    " FROM pragma_table_info(m.name) x), '') || coalesce((SELECT group_concat(i.name, '|')"
    " FROM pragma_index_info(m.name) i), '') || (m.sql LIKE '%WITHOUT ROWID%') || coalesce(substr(m.sql,"
    " nullif(instr(m.sql, ' WHERE '), 0)), '') FROM sqlite_master m WHERE m.name NOT LIKE 'sqlite_%'"
)


def test_the_named_revision_is_the_head_of_the_scripts() -> None:
    assert migrate.head() == HEAD_REVISION


def test_a_new_file_stands_at_the_head_and_a_second_opening_changes_nothing(tmp_path: Path) -> None:
    path = make(tmp_path)
    assert revision(path) == HEAD_REVISION
    before = content(tmp_path)
    open_till(tmp_path).close()
    assert content(tmp_path) == before


def test_opening_a_current_file_does_not_load_the_migration_tool(tmp_path: Path) -> None:
    make(tmp_path)
    script = (
        "import sys; from pathlib import Path; from pos_desktop.storage.till_store import open_till;"
        "open_till(Path(sys.argv[1])).close(); sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(migrate.SCRIPTS).parents[2]
    )
    assert done.returncode == 0


def test_a_file_of_a_newer_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = make(tmp_path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    raw = path.read_bytes()
    with pytest.raises(StorageTrouble) as refusal:
        open_till(tmp_path)
    assert refusal.value.code is ErrorCode.DATABASE_NEWER
    assert refusal.value.params == {"file": TILL_FILE, "found": "9999", "known": HEAD_REVISION}
    assert path.read_bytes() == raw


def test_an_older_file_is_backed_up_before_it_is_migrated(tmp_path: Path, later_release: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(till_store, "HEAD_REVISION", "0001")
        patch.setattr(migrate, "upgrade", _upgrade_to("0001"))
        make(folder)
    assert revision(folder / TILL_FILE) == "0001"
    open_till(folder).close()
    assert revision(folder / TILL_FILE) == "0002"
    copy = folder / f"{TILL_FILE}.before-0002"
    assert revision(copy) == "0001"
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("SELECT * FROM meta").fetchall() == [("kept", "value")]
    with closing(sqlite3.connect(folder / TILL_FILE)) as file:
        assert file.execute("SELECT * FROM meta").fetchall() == [("kept", "value", None)]


def test_a_migration_that_fails_leaves_the_older_file_whole(tmp_path: Path, later_release: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(till_store, "HEAD_REVISION", "0001")
        patch.setattr(migrate, "upgrade", _upgrade_to("0001"))
        make(folder)
    before = content(folder)
    broken = NEXT.format(more="raise RuntimeError('half way')")
    (later_release / "versions" / "0002_later.py").write_text(broken)
    with pytest.raises(RuntimeError, match="half way"):
        open_till(folder)
    assert content(folder) == before


def _upgrade_to(target: str) -> Callable[[Path], None]:
    return lambda path: command.upgrade(migrate._config(path), target)


def test_a_copy_of_a_live_file_is_whole(tmp_path: Path) -> None:
    database = open_till(tmp_path)
    with database.write() as connection:
        meta.put(connection, "in the log", "not yet in the file")
    backup(tmp_path / TILL_FILE, tmp_path / "copy.sqlite")
    database.close()
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as file:
        assert file.execute("SELECT value FROM meta").fetchall() == [("not yet in the file",)]
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not (tmp_path / "copy.sqlite.part").exists()


def test_a_damaged_file_is_named_as_such_and_never_made_anew(tmp_path: Path) -> None:
    path = make(tmp_path)
    path.write_bytes(b"this is no database" * 500)
    raw = path.read_bytes()
    with pytest.raises(StorageTrouble) as refusal:
        open_till(tmp_path)
    assert refusal.value.code is ErrorCode.DATABASE_DAMAGED
    assert path.read_bytes() == raw


def test_a_file_damaged_inside_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = make(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[4096 : len(raw)] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(StorageTrouble) as refusal:
        open_till(tmp_path)
    assert refusal.value.code is ErrorCode.DATABASE_DAMAGED


def test_a_file_that_may_not_be_written_is_refused_at_the_start() -> None:
    with reachable_folder() as folder:
        path = make(folder)
        path.chmod(0o444)
        folder.chmod(0o555)
        raw = path.read_bytes()
        with as_ordinary_user(), pytest.raises(StorageTrouble) as refusal:
            open_till(folder)
        assert refusal.value.code is ErrorCode.DATABASE_READ_ONLY
        assert path.read_bytes() == raw


def test_a_folder_that_may_not_be_written_is_refused() -> None:
    with reachable_folder() as folder:
        make(Path(tempfile.mkdtemp(dir=folder)))  # the migration tool is loaded while everybody may read it
        folder.chmod(0o555)
        with as_ordinary_user(), pytest.raises(StorageTrouble) as refusal:
            open_till(folder)
        assert refusal.value.code is ErrorCode.DATABASE_READ_ONLY
        assert not (folder / TILL_FILE).exists()


def test_a_file_that_another_program_keeps_locked_is_refused_at_the_start(tmp_path: Path) -> None:
    path = make(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageTrouble) as refusal:
            open_till(tmp_path, busy_timeout_s=0.05)
        assert refusal.value.code is ErrorCode.DATABASE_LOCKED
        other.execute("ROLLBACK")
    open_till(tmp_path).close()


def test_a_second_till_on_the_same_files_is_refused_until_the_first_goes(tmp_path: Path) -> None:
    with OwnerLock(tmp_path / "till.lock"), pytest.raises(NotAllowed) as refusal:
        OwnerLock(tmp_path / "till.lock")
    assert refusal.value.code is ErrorCode.TILL_ALREADY_OPEN
    assert refusal.value.params == {"folder": str(tmp_path)}
    OwnerLock(tmp_path / "till.lock").release()


def test_the_lock_of_a_till_that_was_killed_is_free(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pos_desktop.storage.till_store import OwnerLock;"
        "lock = OwnerLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    path = tmp_path / "till.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(migrate.SCRIPTS).parents[2],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(NotAllowed):
            OwnerLock(path)
        process.kill()
        process.wait()
    OwnerLock(path).release()
