"""The rules of the house: kept by the project, and each reporting a small tree that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.rules import Rule

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    broken = rule(ROOT)
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


LEFT_OVER = "TO" + "DO"
BAD: list[tuple[Rule, str, str]] = [
    (rules.forbidden_imports, "models/a.py", "from flask import g"),
    (rules.forbidden_imports, "models/a.py", "def f():\n    import admin.statistics"),
    (
        rules.forbidden_imports,
        "models/a.py",
        "from importlib import import_module\nimport_module('kiosk.tablet.faces')",
    ),
    (rules.forbidden_imports, "translations/__init__.py", "from models import design_tokens"),
    (rules.forbidden_imports, "kiosk/slips/a.py", "from admin.ledgers import witness"),
    (rules.forbidden_imports, "kiosk/a.py", "import reportlab.lib"),
    (rules.forbidden_imports, "admin/a.py", "import kiosk"),
    (rules.admin_layers, "admin/statistics/a.py", "from admin.responses import projection"),
    (rules.admin_layers, "admin/statistics/tallies/recount.py", "from ...responses import projection"),
    (rules.admin_layers, "admin/responses/projection.py", "from admin.dashboard import views"),
    (rules.admin_layers, "admin/agencies/a.py", "from admin.agencies import indicator_views"),
    (rules.admin_layers, "admin/cli/a.py", "from admin.survey.note_views import blueprint"),
    (rules.apps_imported_at_the_door, "wsgi.py", "import kiosk"),
    (rules.apps_imported_at_the_door, "wsgi.py", "try:\n    from flask import Flask\nexcept ImportError:\n    pass"),
    (rules.size, "admin/a.py", "x = 1\n" * 401),
    (rules.names, "kiosk/utils.py", ""),
    (rules.names, "admin/common/a.py", ""),
    (rules.names, "kiosk/templates/misc.html", ""),
    (rules.sessions, "admin/a.py", "def f(session):\n    session.commit()"),
    (rules.sessions, "kiosk/a.py", "from sqlalchemy.orm import Session\ns = Session(None)"),
    (rules.sessions, "admin/a.py", "from models.storage.database import Database\nd = Database('sqlite://')"),
    (rules.clock, "models/a.py", "import time\nt = time.time()"),
    (rules.clock, "admin/statistics/a.py", "from datetime import date\nd = date.today()"),
    (rules.clock, "admin/responses/a.py", "import datetime\nd = datetime.datetime.now()"),
    (rules.clock, "admin/dashboard/views.py", "import datetime as dt\nd = dt.datetime.utcnow().date()"),
    (rules.clock, "kiosk/a.py", "from time import time\nt = time()"),
    (rules.clock, "kiosk/a.py", "from time import time_ns as now"),
    (rules.clock, "kiosk/a.py", "from time import *"),
    (rules.clock, "admin/a.py", "import datetime\nclass Row:\n    made = Column(default=datetime.datetime.now)"),
    (rules.clock, "admin/a.py", "import time\nday = time.strftime('%d/%m/%Y')"),
    (rules.clock, "admin/a.py", "from time import gmtime\nday = gmtime()"),
    (rules.clock, "admin/a.py", "import time\ndef f(read=time.localtime): ..."),
    (rules.clock, "admin/a.py", "import uuid\nid = uuid.uuid1()"),
    (rules.clock, "models/a.py", "import sqlalchemy as sa\nc = sa.Column(server_default=sa.func.now())"),
    (rules.clock, "models/a.py", "statement = 'UPDATE a SET t = CURRENT_" + "TIMESTAMP'"),
    (rules.clock, "models/ids.py", "import time\nt = time.time()"),
    (rules.clock, "kiosk/a.py", "from models.clock import wall_ms"),
    (rules.clock, "kiosk/a.py", "from models import clock\nclock.wall_ms = lambda: 0"),
    (rules.clock, "wsgi.py", "def f():\n    import time\n    return time.time()"),
    (rules.clock, "bench/a.py", "import time\nt = time.time()"),
    (rules.clock, "tests/kiosk/test_a.py", "import datetime\nd = datetime.date.today()"),
    (rules.clock, "tests/conftest.py", "import time\nt = time.clock_gettime(time.CLOCK_REALTIME)"),
    (rules.reckoned_days, "tests/test_a.py", "def test_a(): local_day(now().t)"),
    (rules.reckoned_days, "tests/a/test_a.py", "def test_a(a):\n    t = a.now().t\n    day = clock.local_day(t)"),
    (rules.colours, "kiosk/static/a.css", "a{color:#fff}"),
    (rules.colours, "kiosk/static/a.css", "a { border: 1px solid rgb(1 2 3); }"),
    (rules.colours, "admin/static/a.css", "a:hover { background: white; }"),
    (rules.colours, "admin/templates/a.html", '<path fill="#abc">'),
    (rules.colours, "admin/templates/a.html", '<meta name="theme-color" content="#0a5c36">'),
    (rules.colours, "kiosk/static/a.js", "x.fill = '#a1b2c3'"),
    (rules.colours, "admin/a.py", "BRAND = '#c8102e'"),
    (rules.colours, "admin/a.py", "from reportlab.lib import colors\nc = colors.red"),
    (rules.templates, "kiosk/templates/a.html", '<p style="margin:0">'),
    (rules.templates, "kiosk/templates/a.html", "<script>go()</script>"),
    (rules.templates, "admin/templates/a.html", '<a onclick="go()">'),
    (rules.templates, "admin/templates/a.html", '<a href="javascript:go()">'),
    (rules.templates, "admin/templates/a.html", "<style>a{}</style>"),
    (rules.left_overs, "admin/a.py", f"# {LEFT_OVER}: later"),
    (rules.left_overs, "kiosk/static/a.js", "console." + "log(1)"),
    (rules.machine_paths, "admin/a.py", "P = '/ro" + "ot/.config'"),
    (rules.machine_paths, "README.md", "cd /ho" + "me/lan/hailong"),
    (rules.machine_paths, "a.cfg", "pip install --ex" + "tra-in" + "dex-url x"),
    (rules.machine_paths, "docs/a.md", "https://regis" + "try.example.org/"),
    (rules.docstrings, "kiosk/a.py", "x = 1"),
    (rules.docstrings, "models/a.py", '"""A."""\ndef count(): ...'),
    (rules.docstrings, "admin/statistics/a.py", '"""A."""\nclass Index: ...'),
    (rules.first_lines, "tests/a.py", "x = 1"),
    (rules.first_lines, "bench/a.py", '"""\nThe disk."""'),
    (rules.first_lines, "kiosk/a.py", f'"""The {"k" * 96}."""'),
    (rules.first_lines, "kiosk/a.py", '"""The desk and all that\nstands on it."""'),
    (rules.first_lines, "kiosk/a.py", '"""The desk.\nIt has a tablet."""'),
    (rules.first_lines, "kiosk/a.py", '"""The desk and its tablet\n\nIt stands there."""'),
    (rules.first_lines, "admin/a.py", '"""What a slip is: a code."""'),
    (rules.first_lines, "models/a.py", '"""In the ledger: entries."""'),
    (rules.first_lines, "translations/a.py", '"""Reads the catalogues."""'),
    (rules.first_lines, "tests/models/a.py", '"""Working out the index: in fractions."""'),
    (rules.first_lines, "admin/web/__init__.py", '"""Web."""'),
]


@pytest.mark.parametrize(("rule", "path", "source"), BAD, ids=lambda part: getattr(part, "__name__", None))
def test_the_rule_reports_what_breaks_it(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    _write(tmp_path, path, source)
    broken = rule(tmp_path)
    assert len(broken) == 1 and broken[0].startswith(f"{path}:"), broken


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule for rule, *_ in BAD} == set(rules.RULES)


GOOD: list[tuple[Rule, str, str]] = [
    (
        rules.forbidden_imports,
        "kiosk/a.py",
        "from models.protocol.entry_chain import seal\nfrom translations import gettext",
    ),
    (rules.forbidden_imports, "admin/sync/views.py", "from flask import request"),
    (
        rules.admin_layers,
        "admin/statistics/a.py",
        "from admin.statistics.measures.index import top2\nfrom models import tallies",
    ),
    (rules.admin_layers, "admin/__init__.py", "from admin.dashboard import views"),
    (rules.apps_imported_at_the_door, "wsgi.py", "import os\ndef kiosk():\n    from kiosk import create_app"),
    (rules.sessions, "models/storage/database.py", "def f(session):\n    session.commit()"),
    (rules.sessions, "admin/a.py", "from models.storage.database import open_once\nd = open_once('sqlite://')"),
    (rules.sessions, "bench/a.py", "from models.storage.database import Database\nd = Database('sqlite://')"),
    (rules.clock, "models/clock.py", "import time\ndef wall_ms():\n    return time.time_ns() // 1_000_000"),
    (rules.clock, "models/ids.py", "from models import clock\nms = clock.wall_ms()"),
    (rules.clock, "admin/a.py", "from models import clock\nfrom models.clock import now\nt = clock.now()"),
    (
        rules.clock,
        "kiosk/a.py",
        "import time\nfrom datetime import date\nt = time.monotonic()\nday = time.gmtime(t)\n"
        "d = date.fromtimestamp(t)\ns = time.strftime('%d', day)",
    ),
    (rules.clock, "tests/clock_seam.py", "import time\nt = time.time()"),
    (rules.reckoned_days, "tests/test_a.py", "@pytest.mark.every_moment\ndef test_a(): local_day(now().t)"),
    (rules.reckoned_days, "tests/test_a.py", "def test_a(): local_day(MONDAY)"),
    (rules.colours, "models/design_tokens.py", "RED = '#c8102e'"),
    (rules.colours, "kiosk/static/a.css", "#face a:hover{color:var(--ink);white-space:nowrap;fill:url(#abc)}"),
    (rules.colours, "kiosk/templates/a.html", '<a href="#main">&#128512;</a> {# 123 #}'),
    (rules.colours, "kiosk/static/a.svg", '<path fill="#abc"/>'),
    (rules.templates, "kiosk/templates/a.html", '<script src="/static/rate.js" defer></script><p class="style">'),
    (rules.first_lines, "kiosk/a.py", f'"""The {"k" * 95}."""'),
    (rules.first_lines, "kiosk/a.py", '"""The desk.\n\nWhat it has\nis a tablet."""'),
    (rules.first_lines, "admin/a.py", '"""Pairing: a code turns a key into a device."""'),
    (rules.first_lines, "tests/a.py", '"""Spending of a slip, once."""'),
    (rules.first_lines, "bench/a.py", '"""`hailong bench`: the figures."""'),
    (rules.first_lines, "admin/web/__init__.py", '"""The frame of pages."""'),
    (rules.first_lines, "kiosk/web/__init__.py", ""),
    (rules.first_lines, "setup.py", '"""What is installed"""'),
]


@pytest.mark.parametrize(("rule", "path", "source"), GOOD, ids=lambda part: getattr(part, "__name__", None))
def test_the_rule_leaves_good_code_alone(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    _write(tmp_path, path, source)
    assert rule(tmp_path) == []


def _write(root: Path, path: str, source: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(source, encoding="utf-8")
    if path != "wsgi.py":
        (root / "wsgi.py").write_text('"""The door."""\n', encoding="utf-8")
