"""The bundle's files as other programs read them: scripts by shellcheck, units by systemd."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kiosk import bundle

FILES = Path(bundle.__file__).parent / "files"
SCRIPTS = sorted(FILES.glob("*.sh"))
UNITS = sorted([*FILES.glob("*.service"), *FILES.glob("*.timer")])
PLACES = {"@TO@": "/opt/hailong", "@INSTANCE@": "/var/lib/hailong", "@HOST@": "127.0.0.1", "@PORT@": "8001"}
#: What this machine does not have: the desk's account and its program.
ELSEWHERE = {"User=hailong": "User=root", "/opt/hailong/current/bin/hailong": "/bin/true"}
#: `-nt` is in POSIX since 2024, and dash, bash and busybox have long had it.
KNOWN = "--exclude=SC3013"


def shellcheck(script: Path) -> str:
    return subprocess.run(["shellcheck", KNOWN, "--format=gcc", str(script)], capture_output=True, text=True).stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_good_shell(script: Path) -> None:
    assert shellcheck(script) == ""


def test_bad_shell_would_be_seen(tmp_path: Path) -> None:
    assert len(SCRIPTS) >= 2
    bad = tmp_path / "bad.sh"
    bad.write_text(SCRIPTS[0].read_text(encoding="utf-8") + "\ncp $here /opt\n[[ -n $here ]]\n", encoding="utf-8")
    said = shellcheck(bad)
    assert "[SC2086]" in said and "[SC3010]" in said, said


def complaints(folder: Path, change: dict[str, str]) -> list[str]:
    """What systemd says of the units as they are installed, with further changes."""
    written = []
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        for mark, value in (PLACES | ELSEWHERE | change).items():
            text = text.replace(mark, value)
        written.append(folder / unit.name)
        written[-1].write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *map(str, written)]
    done = subprocess.run(command, capture_output=True, text=True)
    return [line for line in done.stderr.splitlines() if str(folder) in line or "hailong" in line]


def test_systemd_takes_the_units_without_a_word(tmp_path: Path) -> None:
    assert len(UNITS) == 4
    assert complaints(tmp_path, {}) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("PrivateTmp=yes", "PrivateTemp=yes"),
        ("RestartSec=2\n", "RestartSec=soon\n"),
        ("ExecStart=/bin/true kiosk serve", "ExecStart=/nowhere/hailong kiosk serve"),
        ("AccuracySec=5", "AccuracySec=five"),
    ],
)
def test_systemd_would_complain(tmp_path: Path, good: str, bad: str) -> None:
    assert any(good in unit.read_text(encoding="utf-8") for unit in UNITS) or good.startswith("ExecStart")
    assert complaints(tmp_path, {good: bad}) != []
