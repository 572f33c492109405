"""Signs of figures: the minus, the dash and the days people read stand in one module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import at, files, syntax_tree

ROOT = Path(__file__).parents[2]
HOME = "translations/formats.py"
#: A placeholder of a template that holds a sign, or text of it that is nothing else.
_IN_TEMPLATE = re.compile(r"""\{[{%][^{}]*(['"])[−–]\1|>\s*[−–]\s*<""")


def signs_elsewhere(root: Path) -> list[str]:
    """Where code or a template writes a minus sign, a lone dash, or a day's pattern by itself."""
    faults = []
    for path in files(root, ".py"):
        part = path.relative_to(root).as_posix()
        if part == HOME or part.startswith(("tests/", "bench/")):
            continue
        tree = syntax_tree(path)
        ranges = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            text = node.value
            if text == "−" or (text == "–" and id(node) not in ranges):
                faults.append(at(root, path, node.lineno, f"{text} is written in {HOME}"))
            if text.startswith(("%d/%m", "%d.%m", "%d-%m")):
                faults.append(at(root, path, node.lineno, f"days are written in {HOME}"))
    for path in files(root, ".html"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if _IN_TEMPLATE.search(line):
                faults.append(at(root, path, number, "a template writes `dash`, or the filter `signed`"))
    return faults


def test_signs_stand_once() -> None:
    assert signs_elsewhere(ROOT) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("admin/a.py", "sign = '−' if x < 0 else ''"),
        ("kiosk/a.py", "text = x or '–'"),
        ("admin/a.py", "text = f'{day:%d/%m/%Y}'"),
        ("admin/templates/a.html", "<td>{{ x or '–' }}</td>"),
        ("admin/templates/a.html", "<td>–</td>"),
        ("admin/templates/a.html", "{{ '−' if x < 0 else '+' }}"),
    ],
)
def test_a_sign_elsewhere_is_reported(tmp_path: Path, path: str, source: str) -> None:
    place = tmp_path / path
    place.parent.mkdir(parents=True)
    place.write_text(source, encoding="utf-8")
    assert len(signs_elsewhere(tmp_path)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (HOME, "MINUS = '−'"),
        ("admin/a.py", "text = 'từ 3 – 5'"),
        ("admin/templates/a.html", "{{ low }}–{{ high }} {{ choice('A−') }}"),
    ],
)
def test_ranges_and_words_may_hold_them(tmp_path: Path, path: str, source: str) -> None:
    place = tmp_path / path
    place.parent.mkdir(parents=True)
    place.write_text(source, encoding="utf-8")
    assert signs_elsewhere(tmp_path) == []
