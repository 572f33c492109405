"""The house stands on its floors, and each rule about them reports a small tree that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import floors

ROOT = Path(__file__).parents[2]
Rule = Callable[[Path], list[str]]


@pytest.mark.parametrize("rule", floors.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    broken = rule(ROOT)
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


def test_every_room_of_the_table_is_there() -> None:
    assert floors.missing_rooms(ROOT) == []


BAD: list[tuple[Rule, str, str]] = [
    (floors.floors, "admin/statistics/a.py", "from admin.web import layout"),
    (floors.floors, "admin/dashboard/a.py", "def f():\n    from admin.agencies import profile"),
    (floors.floors, "kiosk/desk/a.py", "import kiosk.sync.client"),
    (floors.no_web, "admin/presentation/a.py", "from flask import url_for"),
    (floors.no_web, "kiosk/rating/a.py", "def f():\n    import werkzeug.http"),
    (floors.commands, "admin/imports/a.py", "import click"),
    (floors.commands, "kiosk/a.py", "from click import echo"),
    (floors.loose_files, "admin/figures.py", ""),
    (floors.loose_files, "kiosk/pages.py", ""),
    (floors.loose_files, "models/wire.py", ""),
    (floors.named_folders, "admin/mood/a.py", ""),
]


@pytest.mark.parametrize(("rule", "path", "source"), BAD, ids=lambda part: getattr(part, "__name__", None))
def test_the_rule_reports_what_breaks_it(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    rooms = ("admin/web/layout.py", "admin/agencies/profile.py", "kiosk/sync/client.py", path)
    for one in rooms:
        (tmp_path / one).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / one).write_text(source if one == path else "", encoding="utf-8")
    broken = rule(tmp_path)
    assert len(broken) == 1 and broken[0].startswith(path.removesuffix("/a.py")), broken


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule for rule, *_ in BAD} == set(floors.RULES)
