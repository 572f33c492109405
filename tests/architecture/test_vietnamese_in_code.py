"""Vietnamese words stand in the catalogue or in data; the rule reports small trees that break it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.vietnamese_rule import vietnamese_in_code

ROOT = Path(__file__).parents[2]


def test_no_sentence_stands_in_code() -> None:
    broken = vietnamese_in_code(ROOT)
    assert not broken, f"{vietnamese_in_code.__doc__}\n" + "\n".join(broken)


BAD = [
    ("admin/a.py", "x = 'Chưa làm gì.'"),
    ("kiosk/cli/a.py", "def f(n):\n    return f'{n} phiếu'"),
    ("models/a.py", "WORDS = {'cl\\u1eady': 1}"),
    ("models/b.py", "WORDS = 'he\\u0323n'"),
    ("translations/a.py", "def f(words='đ'): ..."),
    ("admin/b.py", "VIETNAMESE_IS_DATA = True\nx = 'đ'"),
    ("admin/c.py", "VIETNAMESE_IS_DATA = ''\nx = 'đ'"),
    ("admin/d.py", "def f():\n    VIETNAMESE_IS_DATA = 'letters of a name'\n    return 'đ'"),
    ("kiosk/a.py", "x = 'Hài Lòng xin chào'"),
]


@pytest.mark.parametrize(("path", "source"), BAD)
def test_a_word_in_code_is_reported(path: str, source: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source, encoding="utf-8")
    broken = vietnamese_in_code(tmp_path)
    assert len(broken) == 1 and broken[0].startswith(f"{path}:"), broken


GOOD = [
    ("admin/a.py", '"""Chuyện gì xảy ra."""\nclass A:\n    """Lớp."""\n    b = 1\n    """Thuộc tính."""'),
    ("admin/b.py", "VIETNAMESE_IS_DATA = 'the letters a mask looks for'\nx = 'đ'"),
    ("models/a.py", "x = 'a Hài Lòng centre'  # ghi chú"),
    ("wsgi.py", "x = 'Cách dùng / Usage'"),
    ("tests/a.py", "x = 'phiếu'"),
    ("kiosk/a.py", "x = 'Nothing was changed – “ok” ≥ 5 · 3×4…'"),
]


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_what_is_no_sentence_is_left_alone(path: str, source: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(source, encoding="utf-8")
    assert vietnamese_in_code(tmp_path) == []
