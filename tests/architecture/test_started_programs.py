"""Programs that tests and bench start: all stand in the table, and the reading of them can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs
from tests.architecture import started_programs
from tests.architecture.source_tree import files
from tests.architecture.started_programs import OURS, foreign_programs

ROOT = Path(__file__).parents[2]
#: Started by Python's own libraries: `platform` asks uname, `ctypes` ldconfig.
BY_PYTHON = {"uname", "ldconfig"}


def test_tests_and_bench_start_what_their_tier_has() -> None:
    assert foreign_programs(ROOT) == []


def test_every_program_of_the_table_is_started_by_somebody() -> None:
    started = {name for _, _, names in started_programs.started(ROOT) for name in names or ()}
    assert started - {OURS} == {name for name in programs.TIERS if ".so" not in name} - BY_PYTHON - programs.NOWHERE


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("tests/test_a.py", "import subprocess\nsubprocess.run(['git', 'log'])", "starts git, tier None"),
        ("bench/a.py", "import subprocess\nsubprocess.Popen('git')", "starts git"),
        ("tests/test_a.py", "import subprocess\nsubprocess.run(['/usr/bin/strace'])", "starts strace, tier system"),
        ("tests/test_a.py", "from subprocess import check_call as do\ndo(args=['git'])", "starts git"),
        ("tests/test_a.py", "import subprocess as s\nGIT = ['git']\ns.run([*GIT, 'log'])", "starts git"),
        ("tests/test_a.py", "import subprocess\nsubprocess.run(['sh'], executable='git')", "starts git"),
        ("tests/test_a.py", "import subprocess\nsubprocess.run(['unshare', '-r', 'git'])", "starts git"),
        ("bench/a.py", "import subprocess\nsubprocess.run(['strace', '-o', 'trace', 'git'])", "starts git"),
        ("tests/test_a.py", "import os\nos.execvp('git', ['git', 'log'])", "starts git"),
        ("tests/test_a.py", "import os\nos.spawnlp(os.P_WAIT, 'git', 'git')", "starts git"),
        ("tests/test_a.py", "import os\nos.posix_spawn('/usr/bin/git', ['git'], {})", "starts git"),
        ("tests/test_a.py", "import shutil\nshutil.which('git')", "starts git"),
        ("tests/test_a.py", "import pty\npty.spawn(['git'])", "starts git"),
        ("tests/test_a.py", "import asyncio\nasyncio.create_subprocess_exec('git', 'log')", "starts git"),
        ("tests/test_a.py", "import subprocess\ndef f(a): subprocess.run([a])\nf('sh')\nf('git')", "starts git"),
        ("tests/test_a.py", "import subprocess\ndef f(): return ['git']\nsubprocess.run([*f(), 'a'])", "starts git"),
        ("tests/test_a.py", "import subprocess\nfor a in ('sh', 'git'): subprocess.run(a)", "starts git"),
        ("tests/test_a.py", "import subprocess\nsubprocess.run(folder / 'git')", "starts git"),
        ("tests/test_a.py", "import os\nos.system('true')", "cannot be read"),
        ("tests/test_a.py", "import subprocess\nsubprocess.run('true', shell=True)", "cannot be read"),
        ("tests/test_a.py", "import os, subprocess\nsubprocess.run([os.environ['EDITOR']])", "cannot be read"),
        ("tests/test_a.py", "import subprocess\ndef test_x(fixture): subprocess.run([fixture])", "cannot be read"),
    ],
)
def test_another_program_is_reported(path: str, source: str, said: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text(source, encoding="utf-8")
    (fault,) = foreign_programs(tmp_path)
    assert fault.startswith(f"{path}:") and said in fault, fault


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tests/test_a.py", "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'git'])"),
        ("tests/test_a.py", "import subprocess\nsubprocess.run(['unshare', '-n', 'sh', 'git'])"),
        ("tests/test_a.py", "def run(words): ...\nrun(['git'])"),
        ("tests/system/test_a.py", "import subprocess\nsubprocess.run(['pdffonts'])"),
        ("bench/a.py", "import shutil\nshutil.which('strace')"),
    ],
)
def test_what_a_tier_has_is_left_alone(path: str, source: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source, encoding="utf-8")
    assert foreign_programs(tmp_path) == []


#: Says which modules pytest would collect, and opens none of them.
LISTING = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path, parent):
    print("COLLECTED", module_path)
    return Unopened.from_parent(parent, path=module_path)
class Unopened(pytest.File):
    def collect(self):
        return []
"""


def test_the_suite_and_the_system_s_tests_are_together_all_and_share_none(tmp_path: Path) -> None:
    (tmp_path / "listing.py").write_text(LISTING, encoding="utf-8")

    def collected(*arguments: str) -> set[Path]:
        command = [sys.executable, "-c", f"import sys, pytest; sys.path.insert(0, {str(tmp_path)!r}); pytest.main()",
                   "-q", "-s", "-p", "listing", "--collect-only", "--noconftest", *arguments]  # fmt: skip
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60).stdout
        return {Path(line.removeprefix("COLLECTED ")) for line in said.splitlines() if line.startswith("COLLECTED ")}

    suite, system = collected(), collected("tests/system")
    assert system == {*(ROOT / "tests" / "system").glob("test_*.py")} and len(system) >= 3
    assert suite == {path for path in files(ROOT, ".py") if path.name.startswith("test_")} - system
