"""System packages of the tests: what each tier needs from Debian, and how a machine shows it.

Written with the standard library alone, because `wsgi.py` reads it before anything is installed. It stands beside the
tests, who alone need it, and so lies in no wheel.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

#: Debian's Chromium without windows: the same pages for two thirds of the processor's time.
BROWSER = "chromium-headless-shell"
#: Tier → package → the marks by which it is known: programs on PATH, or files of a shared library. A further program is
#: one line here; which tests may start it follows from its tier (`programs`).
PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "suite": {
        BROWSER: (BROWSER,),  # or any other of the family that the machine has (`chromium`)
        "libatomic1": ("libatomic.so.1",),  # the browser driver's own Node links it; no package of this list brings it
        "fuse3": ("fusermount3", "libfuse3.so.*"),  # the disk whose power is cut
    },
    "system": {
        "poppler-utils": ("pdffonts", "pdftoppm", "pdftotext"),
        "shellcheck": ("shellcheck",),
        "strace": ("strace",),
        "systemd": ("systemd-analyze",),
    },
}
#: Where Linux keeps shared libraries.
LIBRARIES = ("usr/lib/*", "usr/lib", "usr/lib64", "lib/*", "lib64")


def missing(tiers: Iterable[str]) -> list[str]:
    """The packages of these tiers that this machine lacks; away from Linux only programs are looked for."""
    return [
        package
        for tier in tiers
        for package, marks in PACKAGES[tier].items()
        if not all(map(_there, marks)) and (sys.platform == "linux" or package == BROWSER or tier != "suite")
    ]


def _there(mark: str) -> bool:
    if mark == BROWSER:
        return chromium() is not None
    if ".so" in mark:
        return any(any(Path("/").glob(f"{folder}/{mark}")) for folder in LIBRARIES)
    return shutil.which(mark) is not None


def chromium() -> str | None:
    """Path of a Chromium-family browser on this machine ($HAILONG_CHROMIUM first), or None."""
    names = [
        BROWSER,
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "microsoft-edge",
        "msedge",
    ]
    folders = [os.environ[name] for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData") if name in os.environ]
    programs = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
    names += [f"{folder}/{program}" for folder in folders for program in programs]
    names += ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
    names = [os.environ["HAILONG_CHROMIUM"]] if os.environ.get("HAILONG_CHROMIUM") else names
    return next(filter(None, map(shutil.which, names)), None)
