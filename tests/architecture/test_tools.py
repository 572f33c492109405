"""Ruff and mypy, run for real by the commands of `wsgi.py check`; and the desk's light application.

The desk's application stays light.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import wsgi

ROOT = Path(__file__).parents[2]

#: Not needed to show the faces and take a tap; on a small desk PC each costs start-up time and memory.
HEAVY = ("admin", "reportlab", "alembic", "PIL", "qrcode")


def run_tool(command: list[str], folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)


def test_ruff_finds_nothing() -> None:
    done = run_tool(wsgi.RUFF)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n", encoding="utf-8")
    assert "F401" in run_tool([word for word in wsgi.RUFF if word != "--quiet"], tmp_path).stdout


def test_mypy_finds_nothing() -> None:
    done = run_tool(wsgi.MYPY)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(n: int) -> str:\n    return n\n", encoding="utf-8")
    done = run_tool(["mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", "a.py"], tmp_path)
    assert done.returncode == 1 and "return-value" in done.stdout


def modules_after(code: str, instance: Path) -> list[str]:
    """Heavy modules loaded in a fresh interpreter that ran `code`."""
    probe = f"{code}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    environment = {**os.environ, "HAILONG_INSTANCE": str(instance)}
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


def test_the_desk_starts_without_the_heavy_parts(tmp_path: Path) -> None:
    modules_after("import wsgi; wsgi.kiosk()", tmp_path)  # the very first start makes the store
    assert modules_after("import wsgi; wsgi.kiosk()", tmp_path) == []


def test_the_probe_sees_heavy_parts(tmp_path: Path) -> None:
    assert modules_after("import qrcode.image.pil, reportlab", tmp_path) == ["reportlab", "PIL", "qrcode"]
