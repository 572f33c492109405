"""Placement of the tests: in the folder of what they test, and apart from what they stand on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import files, imports

ROOT = Path(__file__).parents[2]
PACKAGES = ("admin", "kiosk", "models", "translations")
#: Folders of tests that are about no room of their own: whole journeys, screens, the installation, the code base.
ACROSS = {"architecture", "bench", "browser", "flow", "setup", "system"}
#: pytest's own modules, and a command that makes what tests in its folder read.
STOOD_ON = {"__init__.py", "conftest.py"}
COMMANDS = {"tests/setup/make_store.py", "tests/setup/make_centre.py"}


def misplaced(root: Path) -> list[str]:
    """Test modules whose folder is no room of the packages, and modules among them that hold no tests."""
    faults = []
    for path in files(root / "tests", ".py"):
        folder, *inside = path.relative_to(root / "tests").parts
        place = path.relative_to(root).as_posix()
        if folder in PACKAGES:
            room = root.joinpath(folder, *inside[:-1])
            alone = folder in ("admin", "kiosk") and room == root / folder and path.name not in STOOD_ON
            if alone or not any(room.glob("*.py")):
                faults.append(f"{place}: there is no room {room.relative_to(root).as_posix()}/")
        elif path.name.startswith("test_") and folder not in ACROSS:
            faults.append(f"{place}: a test stands in the folder of what it tests")
        stood_on = not path.name.startswith("test_") and path.name not in STOOD_ON and place not in COMMANDS
        if stood_on and folder in {*PACKAGES, *ACROSS} - {"architecture"}:
            faults.append(f"{place}: what tests stand on lies in tests/fixtures/")
        if path.name.startswith("test_") != _has_tests(path):
            faults.append(f"{place}: {'no test in it' if path.name.startswith('test_') else 'a test that never runs'}")
    return faults


def borrowed(root: Path) -> list[str]:
    """Imports of test modules: what two of them need stands in tests/fixtures/."""
    return [
        f"{path.relative_to(root).as_posix()}:{line}: {imported} is a test"
        for folder in ("tests", "bench")
        for path in files(root / folder, ".py")
        for line, imported in imports(path, ".".join(path.relative_to(root).with_suffix("").parts))
        if imported.startswith("tests.") and any(re.match(r"test_|conftest$", part) for part in imported.split("."))
    ]


def twice(root: Path) -> list[str]:
    """Names that two test modules share."""
    names = [path.name for path in files(root / "tests", ".py") if path.name not in STOOD_ON]
    return sorted({name for name in names if names.count(name) > 1})


def _has_tests(path: Path) -> bool:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    inside = [node for one in classes for node in one.body]
    return any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_") or _is_machine(node)
        for node in [*body, *inside]
    )


def _is_machine(node: ast.AST) -> bool:
    """Whether this makes a test of a Hypothesis state machine (`TestSync = Sync.TestCase`)."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == "TestCase"


def test_tests_stand_where_what_they_test_stands() -> None:
    assert misplaced(ROOT) == []


def test_tests_take_nothing_from_each_other() -> None:
    assert borrowed(ROOT) == []


def test_a_test_module_s_name_stands_once() -> None:
    assert twice(ROOT) == []


BAD = [
    (misplaced, "tests/admin/figures/test_a.py", "def test_a(): ..."),
    (misplaced, "tests/admin/web/scene.py", "x = 1"),
    (misplaced, "tests/browser/scene.py", "x = 1"),
    (misplaced, "tests/admin/test_a.py", "def test_a(): ..."),
    (misplaced, "tests/admin/templates/test_a.py", "def test_a(): ..."),
    (misplaced, "tests/admin/web/test_a.py", "def f():\n    def test_a(): ..."),
    (misplaced, "tests/moods/test_a.py", "def test_a(): ..."),
    (misplaced, "tests/admin/web/test_a.py", "x = 1"),
    (misplaced, "tests/fixtures/a.py", "def test_a(): ..."),
    (borrowed, "tests/admin/web/test_a.py", "from tests.flow.test_kill import Server\ndef test_a(): ..."),
    (borrowed, "tests/flow/test_a.py", "from tests.admin.conftest import keys\ndef test_a(): ..."),
    (borrowed, "bench/a.py", "def f():\n    import tests.flow.test_kill"),
    (twice, "tests/flow/test_layout.py", "def test_a(): ..."),
]


@pytest.mark.parametrize(("rule", "path", "source"), BAD, ids=lambda part: getattr(part, "__name__", None))
def test_the_rule_reports_what_breaks_it(rule: object, path: str, source: str, tmp_path: Path) -> None:
    assert callable(rule)
    around = {"admin/web/page_layout.py": "", "tests/admin/web/test_layout.py": "def test_a(): ...", "bench/b.py": ""}
    (tmp_path / "admin/templates").mkdir(parents=True)
    for one, text in {**around, path: source}.items():
        (tmp_path / one).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / one).write_text(text, encoding="utf-8")
    assert len(rule(tmp_path)) == 1
    (tmp_path / path).unlink()
    assert rule(tmp_path) == []


def test_qr_codes_are_read_in_one_way() -> None:
    """Another reader takes dots for a barcode of goods, one time in some thousands."""
    word = "read_" + "barcodes"
    paths = [path for path in (ROOT / "tests").rglob("*.py") if word in path.read_text(encoding="utf-8")]
    assert [path.name for path in paths] == ["qr_reader.py"]
