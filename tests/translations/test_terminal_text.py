"""Long lines at a terminal are folded between words; a pipe gets them whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.fixtures.centre_and_desk import pair_centre_and_desk
from translations.formats import fold_line

PATH = "/srv/hailong/" + "x" * 90
SAID = f"Đồng hồ máy này chỉ 2027-03-01, hơn 31 ngày sau lần ký. Xem {PATH} rồi chạy: hailong admin clock confirm"


def test_a_line_is_folded_between_words_and_loses_none() -> None:
    for width in (40, 80, 132):
        lines = fold_line(SAID, width, 4).split("\n")
        assert " ".join(line.strip() for line in lines) == SAID
        assert all(len(line) <= width or line.strip() == PATH for line in lines)
        assert all(line.startswith("    ") for line in lines[1:])
    assert fold_line("ngắn", 80) == "ngắn" and fold_line("x" * 90, 80) == "x" * 90


def words(text: str) -> list[str]:
    """The words in their order; figures move with the clock and the disk between two runs."""
    return re.sub(r"\d+", "0", text).split()


def shown(folder: Path, package: str, *words: str) -> tuple[str, str]:
    """What a command says at a terminal of 80 columns, and into a pipe."""
    code = f"import sys; from {package}.cli import cli; cli(sys.argv[1:], standalone_mode=False)"
    env = {**os.environ, "HAILONG_INSTANCE": str(folder), "PYTHONIOENCODING": "utf-8"}
    env.pop("COLUMNS", None)
    env.pop("DATABASE_URL", None)
    ours, theirs = os.openpty()
    started = subprocess.run([sys.executable, "-c", code, *words], stdout=theirs, stderr=theirs, env=env, check=False)
    assert started.returncode == 0
    os.close(theirs)
    at_terminal = b""
    try:
        while part := os.read(ours, 65_536):
            at_terminal += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    piped = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, env=env, check=True).stdout
    return at_terminal.decode().replace("\r\n", "\n"), piped.decode()


def test_the_status_of_a_desk_fits_a_terminal_and_stays_one_line_each_in_a_pipe(tmp_path: Path) -> None:
    with pair_centre_and_desk(tmp_path) as (_centre, desk):
        at_terminal, piped = shown(desk.settings.instance, "kiosk", "status")
    long = [line for line in piped.splitlines() if len(line) > 80]
    assert long and any(line.startswith("Gửi ") for line in long), "what nobody sends is a long line"
    assert all(len(line) <= 80 for line in at_terminal.splitlines())
    assert words(at_terminal) == words(piped)
