"""The sheet of an index at the command line: a few lines in words; counts in their plural."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from admin.cli import cli, figures
from translations import use_locale

DOCUMENT: dict[str, Any] = {"agency": "NB", "period": "2026-Q4", "instrument": "short"}


def sheet(capsys: pytest.CaptureFixture[str], locale: str, **figures_of: Any) -> list[str]:
    with use_locale(locale):
        figures._sheet({**DOCUMENT, **figures_of}, "Tỉnh mẫu")
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_it_says_the_headline_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    shown = {"n": 1234, "index": "86.43", "interval": ["84.10", "88.76"]}
    assert sheet(capsys, "vi", **shown) == [
        "Cơ quan NB · Tỉnh mẫu", "Kỳ Quý IV/2026", "Bộ câu hỏi short", "Phiếu 1.234", "Chỉ số 86,43%",
        "Khoảng tin cậy 95% 84,10 – 88,76", "Xem đủ, cho phần mềm khác: --json",
    ]  # fmt: skip
    assert sheet(capsys, "en", **shown)[1] == "Period Quarter IV of 2026"
    assert sheet(capsys, "en", **shown)[3:6] == ["Answers 1,234", "Index 86.43%", "95% interval 84.10 – 88.76"]


@pytest.mark.parametrize(
    ("n", "answers", "why"),
    [(0, "Phiếu 0", "Chỉ số Chưa có phiếu"), (12, "Phiếu 12", "Chỉ số Dưới 30 phiếu, chưa công bố"),
     (None, "Phiếu –", "Chỉ số Dưới 5 phiếu, hoặc giữ kín để bảo vệ nhóm ít người")],
)  # fmt: skip
def test_it_says_why_there_is_no_index(
    n: int | None, answers: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = sheet(capsys, "vi", n=n, index=None, interval=None)
    assert lines[3:5] == [answers, why] and len(lines) == 6


def test_one_is_one_and_two_are_two_in_english(tmp_path: Path) -> None:
    def said(*words: str) -> str:
        with use_locale("en"):
            done = CliRunner().invoke(cli, words, env={"HAILONG_INSTANCE": str(tmp_path), "DATABASE_URL": None})
        assert done.exit_code == 0, done.output
        return done.output

    assert said("upgrade").endswith(" 2 new questionnaires\n")
    assert said("verify") == "2 ledgers · 0 lines · 0 ledgers with something wrong\n"
    assert said("verify", "--device", "c-web-1") == "1 ledger · 0 lines · 0 ledgers with something wrong\n"
