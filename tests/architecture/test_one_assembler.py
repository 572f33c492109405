"""The only assembler of an index's facts: pages, files and papers compute none of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSEMBLER = "admin/statistics/index_facts.py"
#: What makes a fact of an index → who else may ask for it, and why.
MAKERS = {
    "compute_channel_figures": {},
    "figures_by_stage": {},
    "read_desk_gap": {},
    "compute_stage_weighted": {},
    "compute_bounds": {},
    "compute_roll_ups": {},
    "method_figures": {"admin/statistics/open_data_series.py": "many agencies and months in one read"},
    "compute_without_excluded": {"admin/statistics/open_data_series.py": "many agencies and months in one read"},
    "uncounted_from_counts": {"admin/statistics/open_data_series.py": "many agencies and months in one read"},
    "publishable_outcome_counts": {},
    "compute_response_rate": {
        "admin/statistics/rollups.py": "bounds are withheld as the rate is",
        "admin/statistics/slip_usage.py": "rates of slips by month, stage and agency, beside no index",
    },
}


def other_calls(root: Path) -> Iterator[str]:
    """Calls of a maker outside the assembler, by those who may not."""
    for path in sorted((root / "admin").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and place != ASSEMBLER:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if place not in MAKERS.get(name, {place: ""}):
                    yield f"{place}: {name}"


def test_nobody_else_makes_a_fact_of_an_index() -> None:
    assert list(other_calls(ROOT)) == []


def test_every_maker_is_there_and_asked_by_the_assembler() -> None:
    called = {
        getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        for node in ast.walk(ast.parse((ROOT / ASSEMBLER).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert set(MAKERS) <= called
    for name, others in MAKERS.items():
        assert all(f"{name}(" in (ROOT / place).read_text(encoding="utf-8") for place in others), name


@pytest.mark.parametrize("source", ["compute_bounds(1)", "rollups.compute_bounds(1)"])
def test_another_maker_is_reported(source: str, tmp_path: Path) -> None:
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "page.py").write_text(source, encoding="utf-8")
    assert list(other_calls(tmp_path)) == ["admin/page.py: compute_bounds"]
