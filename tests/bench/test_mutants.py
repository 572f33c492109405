"""The survey of mutants on a small project: what a test notices, misses, does not reach or waits for.

And which faults it makes of a module's text.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.mutants import survey
from bench.mutants.line_tests import LineTests
from bench.mutants.mutations import find_mutants

RULES = '''"""1 is no fault."""
from messages import _

LEAST: int = 5


def shown(count: int) -> bool:
    return count >= LEAST


def named(count: int) -> str:
    if count < 0 and not shown(-count):
        raise ValueError(_("%d is below 0", 7))
    return f"{count + 1}"


def counted_down(count: int) -> int:
    while count > 0:
        count = count - 1
    return count
'''
TESTS = """from room.rules import counted_down, shown

def test_shown():
    assert shown(7) and not shown(3)

def test_counted_down():
    assert counted_down(2) == 0
"""
ROOMS = {"room": ["tests/room"]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A room with rules and their tests."""
    root = tmp_path / "project"
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name, text in {
        "setup.cfg": "[tool:pytest]\naddopts = --import-mode=importlib\n", "room/__init__.py": "",
        "room/rules.py": RULES, "messages.py": "_ = print", "tests/room/test_rules.py": TESTS,
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_faults_are_what_the_machine_acts_upon() -> None:
    assert [str(mutant).removeprefix("rules.py:") for mutant in find_mutants("rules.py", RULES.encode())] == [
        "4 5 → (6)", "4 5 → (4)", "8 return count >= LEAST → return None", "8 count >= LEAST → (count > LEAST)",
        "12 count < 0 and not shown(-count) → (count < 0 or not shown(-count))", "12 count < 0 → (count <= 0)",
        "12 0 → (1)", "12 0 → (-1)", "12 not shown(-count) → (shown(-count))",
        '13 raise ValueError(_("%d is below 0", 7)) → pass', '14 return f"{count + 1}" → return None',
        "18 count > 0 → (count >= 0)", "18 0 → (1)", "18 0 → (-1)",
        "19 count - 1 → (count + 1)", "19 1 → (2)", "19 1 → (0)",
        "20 return count → return None",
    ]  # fmt: skip
    text = "NAMES = {'a', 'b'}\nWORST = min(1.5, x) or (A, B)\nTRUE = a is not True"
    assert [str(mutant).partition(" ")[2] for mutant in find_mutants("n.py", text.encode())] == [
        "{'a', 'b'} → {'b'}", "{'a', 'b'} → {'a'}", "min(1.5, x) or (A, B) → (min(1.5, x) and (A, B))", "min → max",
        "1.5 → (2.5)", "1.5 → (0.5)", "(A, B) → (B,)", "(A, B) → (A,)", "a is not True → (a is True)", "True → False",
    ]  # fmt: skip


def test_a_mutant_is_the_same_wherever_its_function_moves() -> None:
    moved = RULES.replace("LEAST: int", "ONE = x\n\nLEAST: int")
    before, after = (find_mutants("rules.py", text.encode()) for text in (RULES, moved))
    assert [mutant.key for mutant in before] == [mutant.key for mutant in after]
    assert before[-1].text(RULES.encode()).decode() == RULES[: RULES.rindex("return")] + "return None\n"


def surveyed(project: Path, results: Path) -> dict[str, str]:
    """What came out for all faults but those of the loop."""
    (project / "room" / "rules.py").write_text(RULES[: RULES.index("\n\ndef counted_down")], encoding="utf-8")
    outcomes = survey.survey(project, results, 100, rooms=ROOMS, workers=2)
    return {str(mutant).partition(":")[2]: outcome for _room, mutant, outcome in outcomes}


def test_killed_survived_and_not_covered_are_told_apart_and_asked_once(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text('{"key": "interrup', encoding="utf-8")
    test_rules = project / "tests" / "room" / "test_rules.py"
    test_rules.write_text(TESTS.replace("counted_down, ", "").partition("def test_counted")[0], encoding="utf-8")
    outcomes = surveyed(project, results)
    assert {fault: outcome for fault, outcome in outcomes.items() if not fault.startswith("1")} == {
        "4 5 → (6)": "survived", "4 5 → (4)": "survived", "8 return count >= LEAST → return None": "killed",
        "8 count >= LEAST → (count > LEAST)": "survived",
    }  # fmt: skip
    assert {outcome for fault, outcome in outcomes.items() if fault.startswith("1")} == {"not covered"}
    assert (project / "room" / "rules.py").read_text(encoding="utf-8") in RULES

    before = results.read_bytes()
    capsys.readouterr()
    assert surveyed(project, results) == outcomes
    assert "11 mutants, 11 of them known" in capsys.readouterr().out and results.read_bytes().strip() == before.strip()

    test_rules.write_text(test_rules.read_text(encoding="utf-8").replace("shown(7)", "shown(5)"), encoding="utf-8")
    again = surveyed(project, results)
    assert "11 mutants, 1 of them known" in capsys.readouterr().out  # the killed one
    assert again == {**outcomes, "4 5 → (6)": "killed", "8 count >= LEAST → (count > LEAST)": "killed"}
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()[1:] if line]
    assert len(lines) == 11 + 10 and {line["room"] for line in lines} == {"room"}


def test_a_hang_is_ended_and_the_source_is_as_it_was(project: Path) -> None:
    (fault,) = (mutant for mutant in find_mutants("room/rules.py", RULES.encode()) if mutant.new == "(count + 1)")
    tree = project.parent / "copy" / "tree"
    project.rename(tree.parent.with_name("moved"))
    tree.parent.mkdir()
    project.parent.joinpath("moved").rename(tree)
    lines = survey.trace_tests(tree, "room", ["tests/room"])
    assert lines.of("room/rules.py", fault.first, fault.last) == ["tests/room/test_rules.py::test_counted_down"]
    assert survey.judge_mutant(tree, fault, lines, grace=0.5) == "hung"
    assert (tree / "room" / "rules.py").read_text(encoding="utf-8") == RULES


def test_tests_that_were_ended_from_outside_have_judged_nothing(project: Path) -> None:
    fault = next(mutant for mutant in find_mutants("room/rules.py", RULES.encode()) if mutant.new == "return None")
    with (project / "tests" / "room" / "test_rules.py").open("a", encoding="utf-8") as file:
        file.write("    import os; shown(9) or os.kill(os.getpid(), 9)\n")
    lines = LineTests({"tests/room/test_rules.py::test_counted_down": 0.0}, {"room/rules.py": {8: [""]}})
    assert survey.judge_mutant(project, fault, lines) == "no verdict"


def test_a_test_that_fails_without_a_fault_judges_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (project / "tests" / "room" / "test_rules.py").open("a", encoding="utf-8") as file:
        file.write("\ndef test_broken():\n    assert not shown(9)\n")
    lines = survey.trace_tests(project, "room", ["tests/room"])
    assert set(lines.seconds) == {f"tests/room/test_rules.py::test_{name}" for name in ("shown", "counted_down")}
    assert "tests/room/test_rules.py::test_broken" in capsys.readouterr().out


def test_the_report_names_each_fault_that_no_test_notices(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_rest = find_mutants("room/rules.py", RULES.encode())
    survey.print_report([("room", first, survey.SURVIVED), ("room", second, survey.HUNG)])
    assert capsys.readouterr().out.splitlines() == [
        "room: 1 killed, 1 survived, 0 not covered", "survived: room/rules.py:4 5 → (6)",
    ]  # fmt: skip
