"""The floors of the house: the project keeps to them, and each rule reports a tree that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import floor_rules
from tests.architecture.floors import LOOSE

ROOT = Path(__file__).parents[2]
Rule = Callable[[Path], list[str]]


@pytest.mark.parametrize("rule", floor_rules.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    broken = rule(ROOT)
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


#: Files that every small tree holds, so that what is imported is there.
AROUND = (
    "admin/web/page_layout.py", "admin/agencies/profile.py", "admin/statistics/queries.py",
    "admin/statistics/tallies/reader.py", "admin/statistics/disclosure/visibility.py",
    "admin/statistics/disclosure/cells.py", "admin/statistics/measures/index.py", "kiosk/sync/client.py",
    "models/storage/database.py", "models/protocol/slip.py", "models/tables/agency.py",
)  # fmt: skip

BAD: list[tuple[Rule, str, str]] = [
    (floor_rules.floors, "admin/statistics/a.py", "from admin.web import layout"),
    (floor_rules.floors, "admin/dashboard/a.py", "def f():\n    from admin.agencies import profile"),
    (floor_rules.floors, "admin/dashboard/a.py", "from ..agencies.profile import read"),
    (floor_rules.floors, "admin/desks/a.py", "import importlib\nimportlib.import_module('admin.agencies.profile')"),
    (floor_rules.floors, "kiosk/desk/a.py", "import kiosk.sync.client"),
    (floor_rules.floors, "kiosk/mood/a.py", "import kiosk.sync.client"),
    (floor_rules.floors, "admin/statistics/measures/a.py", "from admin.statistics.tallies import reader"),
    (floor_rules.floors, "admin/statistics/tallies/a.py", "from admin.statistics import queries"),
    (floor_rules.floors, "admin/statistics/tallies/a.py", "from ..disclosure import visibility"),
    (floor_rules.floors, "models/tables/a.py", "from models.storage.database import Database"),
    (floor_rules.floors, "models/tables/a.py", "from models.protocol import slip"),
    (floor_rules.no_web, "admin/presentation/a.py", "from flask import url_for"),
    (floor_rules.no_web, "kiosk/rating/a.py", "def f():\n    import werkzeug.http"),
    (floor_rules.no_web, "admin/statistics/tallies/a.py", "from jinja2 import Template"),
    (floor_rules.commands, "admin/imports/a.py", "import click"),
    (floor_rules.commands, "kiosk/a.py", "from click import echo"),
    (floor_rules.loose_files, "admin/figures.py", ""),
    (floor_rules.loose_files, "kiosk/pages.py", ""),
    (floor_rules.loose_files, "models/wire.py", ""),
    (floor_rules.loose_files, "translations/words.py", ""),
    (floor_rules.named_folders, "admin/mood/a.py", ""),
    (floor_rules.named_folders, "admin/statistics/mood/a.py", ""),
    (floor_rules.named_folders, "models/mood/__init__.py", ""),
    (floor_rules.entrances, "admin/presentation/a.py", "from admin.statistics.disclosure.cells import Cell"),
    (floor_rules.entrances, "admin/statistics/a.py", "from admin.statistics.disclosure import cells"),
    (floor_rules.entrances, "bench/a.py", "from admin.statistics import disclosure"),
    (floor_rules.entrances, "admin/a.py", "from admin.statistics.disclosure.visibility import cells"),
    (floor_rules.entrances, "bench/a.py", "import admin.statistics as s\nx = admin.statistics.disclosure.cells"),
    (floor_rules.floors, "admin/desks/a.py", "from importlib import import_module as i\ni('admin.agencies.profile')"),
    (floor_rules.floors, "admin/desks/a.py", "import importlib as i\ni.import_module(name='admin.agencies.profile')"),
    (floor_rules.floors, "admin/desks/a.py", "import importlib\nimportlib.import_module('..agencies.profile', 'x')"),
    (floor_rules.floors, "admin/desks/a.py", "import importlib\nimportlib.import_module('admin' + '.agencies')"),
    (floor_rules.named_folders, "shared/a.py", ""),
    (floor_rules.named_folders, "tool.py", ""),
    (floor_rules.left_behind, "admin/figures/data/x.json", ""),
    (floor_rules.left_behind, "admin/web/old/x.json", ""),
    (floor_rules.left_behind, "admin/notes.txt", ""),
    (floor_rules.left_behind, "kiosk/old.html", ""),
    (floor_rules.left_behind, "admin/templates/figures/a.html", ""),
    (floor_rules.file_names, "admin/ranking/profile.py", ""),
    (floor_rules.file_names, "kiosk/tablet/page_layout.py", ""),
    (floor_rules.file_names, "models/reference/agency.py", ""),
    (floor_rules.file_names, "bench/client.py", ""),
]


def tree(root: Path, path: str, source: str) -> Path:
    """A small tree with the files around and this one."""
    for one in (*AROUND, path):
        (root / one).parent.mkdir(parents=True, exist_ok=True)
        (root / one).write_text(source if one == path else "", encoding="utf-8")
    for room in ("admin/statistics/disclosure", "admin/web"):
        (root / room / "__init__.py").touch()
    return root


@pytest.mark.parametrize(("rule", "path", "source"), BAD, ids=lambda part: getattr(part, "__name__", None))
def test_the_rule_reports_what_breaks_it(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    broken = [line for line in rule(tree(tmp_path, path, source)) if "in the table alone" not in line]
    place = path.rpartition("/")[0] if rule is floor_rules.named_folders else path.removesuffix("/a.py")
    assert len(broken) == 1 and (broken[0].startswith(place) or path in broken[0]), broken


GOOD: list[tuple[Rule, str, str]] = [
    (floor_rules.left_behind, "admin/web/data/x.json", ""),
    (floor_rules.left_behind, "admin/templates/web/a.html", ""),
    (floor_rules.left_behind, "translations/vi/language.json", "{}"),
    (floor_rules.floors, "admin/dashboard/a.py", "from admin.statistics import queries\nfrom . import b"),
    (floor_rules.floors, "admin/statistics/tallies/a.py", "from admin.statistics.measures import index"),
    (floor_rules.floors, "admin/statistics/a.py", "from .disclosure import visibility"),
    (floor_rules.no_web, "admin/web/a.py", "import flask"),
    (floor_rules.commands, "admin/cli/a.py", "import click"),
    (floor_rules.loose_files, "models/clock.py", ""),
    (floor_rules.entrances, "admin/presentation/a.py", "from admin.statistics.disclosure.visibility import visible"),
    (floor_rules.entrances, "admin/statistics/disclosure/a.py", "from admin.statistics.disclosure import cells"),
    (floor_rules.file_names, "kiosk/web/page_layout.py", ""),
    (floor_rules.file_names, "admin/ranking/views.py", ""),
]


@pytest.mark.parametrize(("rule", "path", "source"), GOOD, ids=lambda part: getattr(part, "__name__", None))
def test_the_rule_lets_pass_what_keeps_it(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    assert rule(tree(tmp_path, path, source)) == []


def test_the_closed_list_of_loose_files_is_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(LOOSE, "admin", {f"{letter}.py" for letter in "abcdef"})
    assert floor_rules.loose_files(tree(tmp_path, "admin/a.py", "")) == ["admin/:1: 6 loose files"]


def test_a_room_that_is_in_the_table_alone_is_reported(tmp_path: Path) -> None:
    broken = floor_rules.named_folders(tree(tmp_path, "kiosk/desk/a.py", ""))
    alone = {line.partition(":")[0] for line in broken if line.endswith("stands in the table alone")}
    assert {"admin/ranking", "admin/reports/document", "admin/jobs", "admin/cli"} <= alone and "kiosk/desk" not in alone


def test_every_rule_is_shown_to_fail_and_to_pass() -> None:
    rules = set(floor_rules.RULES)
    assert {rule for rule, *_ in BAD} == rules
    assert {rule for rule, *_ in GOOD} == rules - {floor_rules.named_folders}
