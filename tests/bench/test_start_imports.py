"""What a start must not wait for: libraries that are needed later, or never by most tills."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench import shop_files
from tests.bench.start import ROOT

LATE = (
    "sqlalchemy",
    "alembic",
    "structlog",
    "httpx",
    "tenacity",
    "phonenumbers",
    "argon2",
    "escpos",
    "segno",
    "uvicorn",
)


def test_the_lock_screen_is_there_without_libraries_that_are_needed_later(tmp_path: Path) -> None:
    shop_files.make_replica(tmp_path)
    with shop_files.open_bench_till(tmp_path):
        pass
    script = f"""
import sys
import main
from pathlib import Path
from pos_desktop.settings import Settings
main.prepare_streams()
running = main.build(Settings(Path(sys.argv[1])), with_sync=False)
from ui.app import MainWindow, create_application
application = create_application(["till"])
window = MainWindow(running.till, running.till.settings)
window.close()
running.close()
print(*sorted(set(sys.modules) & set({LATE!r})))
"""

    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.split() == []
