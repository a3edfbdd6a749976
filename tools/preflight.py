"""Looks whether this machine can run the till, with nothing but the standard library, and says exactly what is missing.

``python3 tools/preflight.py [screen] [display] [bundle]``: as root on Debian or Ubuntu what is missing is installed;
otherwise the line to run is printed and the exit status is 78 (EX_CONFIG). When nothing is missing nothing is run.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

EX_CONFIG = 78
OLDEST_PYTHON = (3, 11)

#: What has to be loadable -> the Debian package that brings it. Qt names only the first one that it misses.
OFFSCREEN = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
SCREEN = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
BUNDLE = {f"libpython3.{sys.version_info[1]}.so.1.0": f"libpython3.{sys.version_info[1]}"}


def loads(soname: str) -> bool:
    """Whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_packages(parts: Sequence[str], found: Callable[[str], bool] = loads) -> list[str]:
    """The Debian packages that this machine lacks.

    Args:
        parts: what is wanted beyond the offscreen libraries: ``screen`` (a real X display), ``bundle`` (PyInstaller).
        found: tells whether a library can be loaded.

    Returns:
        Package names, sorted as they are checked.
    """
    packages = []
    if importlib.util.find_spec("ensurepip") is None:
        packages.append("python3-venv")
    if not has_certificates():
        packages.append("ca-certificates")
    if sys.platform.startswith("linux"):
        libraries = dict(OFFSCREEN)
        if "screen" in parts:
            libraries.update(SCREEN)
        # a Python that was linked against its own library, as pyenv's may be, has it already
        if "bundle" in parts and not _has_own_library():
            libraries.update(BUNDLE)
        packages += [package for soname, package in libraries.items() if not found(soname)]
        if "bundle" in parts and shutil.which("objdump") is None:
            packages.append("binutils")
    return packages


def has_certificates() -> bool:
    """Whether the system knows any certificate authority, without which nothing can be fetched."""
    paths = ssl.get_default_verify_paths()
    bundle, folder = Path(paths.cafile or ""), Path(paths.capath or "")
    if bundle.is_file() and bundle.stat().st_size > 0:
        return True
    return bool(paths.capath) and folder.is_dir() and any(folder.iterdir())


def has_display(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a window can be shown: a display is there, or Qt was told where to paint."""
    if not platform.startswith("linux"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _has_own_library() -> bool:
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY")
    return bool(folder and name) and Path(folder, name).exists()


def install(packages: Sequence[str]) -> int:
    """Installs Debian packages as root.

    Returns:
        The exit status of apt-get.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("Installing what is missing: " + " ".join(packages), flush=True)
    update = subprocess.run(["apt-get", "update", "-q"], env=environment, check=False)
    if update.returncode:
        return update.returncode
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    return subprocess.run(command, env=environment, check=False).returncode


def line_for(packages: Sequence[str]) -> str:
    """The line that somebody with the right to do so has to run."""
    names = " ".join(packages)
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def main(parts: Sequence[str]) -> int:
    """Checks, and mends what it may.

    Returns:
        0 when the machine is ready, else 78.
    """
    if sys.version_info < OLDEST_PYTHON:
        print("The till needs Python {}.{} or newer; this is {}.{}.".format(*OLDEST_PYTHON, *sys.version_info[:2]))
        return EX_CONFIG
    if "display" in parts and not has_display(os.environ):
        print("There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set): try `make day`.")
        return EX_CONFIG
    packages = missing_packages(parts)
    if not packages:
        return 0
    if shutil.which("apt-get") is None:
        print("This machine lacks what Debian packages as: " + " ".join(packages))
        return EX_CONFIG
    if not _is_root():
        print("This machine lacks some system libraries. Run this line, then try again:")
        print("  " + line_for(packages))
        return EX_CONFIG
    if install(packages):
        print("apt-get failed. The line was:\n  " + line_for(packages))
        return EX_CONFIG
    # a module that was missing at start is looked for in stale folder listings
    importlib.invalidate_caches()
    still = missing_packages(parts)
    if still:
        print("Still missing after the installation: " + " ".join(still))
        return EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
