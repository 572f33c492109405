"""The floors of the house as data, and the rules that hold them: who may import whom, and where a file may stand.

Every folder of the packages with modules in it is a room here, or lies inside one. `test_floors.py` holds the project
to these rules and shows that each can fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.rules import WEB, files

#: From the ground up. A room imports only rooms of floors below its own; rooms of one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("models", "translations", "kiosk.settings", "kiosk.qr_code", "kiosk.bundle"),
    ("admin.settings", "admin.statistics", "admin.instruments", "admin.pdf", "kiosk.desk"),
    (
        "admin.ledgers", "admin.auth", "admin.presentation", "admin.recordings", "kiosk.rating", "kiosk.auth",
        "kiosk.web", "kiosk.health",
    ),
    ("admin.responses", "admin.slips", "admin.web", "kiosk.slips", "kiosk.sync", "kiosk.tablet", "kiosk.boot"),
    (
        "admin.desks", "admin.devices", "admin.imports", "admin.languages", "admin.ranking", "admin.reports",
        "admin.staff", "kiosk.staff",
    ),
    ("admin.agencies", "admin.api", "admin.dashboard", "admin.slip_usage", "admin.survey", "admin.sync", "kiosk"),
    ("admin", "admin.demo", "admin.jobs", "kiosk.drill"),
    ("admin.cli", "kiosk.cli"),
    ("wsgi",),
    ("bench",),
)  # fmt: skip
FLOOR = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}

#: Rooms that know no web framework.
NO_WEB = (
    "models", "translations", "admin.statistics", "admin.ledgers", "admin.responses", "admin.slips",
    "admin.presentation", "admin.pdf", "kiosk.desk", "kiosk.rating", "kiosk.sync",
)  # fmt: skip

#: Where commands are written: only there is click known.
COMMANDS = ("admin.cli", "kiosk.cli")

#: Files the root of a package may hold. A further loose file is a further room, and wants a folder.
ROOTS = {
    "admin": {"__init__.py", "settings.py", "jobs.py"},
    "kiosk": {"__init__.py", "settings.py", "boot.py", "health.py", "qr_code.py"},
    "models": {
        "__init__.py", "bulk.py", "clock.py", "database.py", "design_tokens.py", "ids.py", "instrument.py", "keys.py",
        "localized_text.py", "migrate.py", "opening_hours.py", "vocabulary.py",
    },
}  # fmt: skip
#: Folders of the packages that hold no modules.
OTHER = {"static", "templates", "data"}


def floors(root: Path) -> list[str]:
    """A room imports lower floors only, also inside functions."""
    modules = _modules(root)
    found = []
    for module, path in modules.items():
        for line, name in _imports(path):
            while name and name not in modules:
                name = name.rpartition(".")[0]
            here, there = _room(module), _room(name) if name else None
            if there and there != here and FLOOR.get(there, 0) >= FLOOR.get(here, 99):
                found.append(f"{_at(root, path, line)} {here} ({FLOOR.get(here)}) imports {there} ({FLOOR.get(there)})")
    return found


def no_web(root: Path) -> list[str]:
    """What counts, signs and words knows no web framework."""
    return [
        f"{_at(root, path, line)} {module} must not know the web ({name})"
        for module, path in _modules(root).items()
        for line, name in _imports(path)
        if name.partition(".")[0] in WEB and any(_below(module, room) for room in NO_WEB)
    ]


def commands(root: Path) -> list[str]:
    """Click is imported in `cli/` alone."""
    return [
        f"{_at(root, path, line)} commands stand in cli/"
        for module, path in _modules(root).items()
        if module.partition(".")[0] in ("admin", "kiosk", "models") and not any(_below(module, one) for one in COMMANDS)
        for line, name in _imports(path)
        if name.partition(".")[0] == "click"
    ]


def loose_files(root: Path) -> list[str]:
    """The root of a package holds the files of a closed list."""
    return [
        f"{_at(root, path, 1)} a loose file; give it a folder"
        for package, allowed in ROOTS.items()
        for path in sorted((root / package).glob("*.py"))
        if path.name not in allowed
    ]


def named_folders(root: Path) -> list[str]:
    """Every folder right under admin and kiosk stands in the table of floors, and every room of the table is there."""
    found = []
    for package in ("admin", "kiosk"):
        folders = {path.parent for path in (root / package).glob("*/*.py") if path.parent.name not in OTHER}
        found += [
            f"{_at(root, folder, 1)} stands on no floor"
            for folder in sorted(folders)
            if f"{package}.{folder.name}" not in FLOOR
        ]
    return found


RULES = (floors, no_web, commands, loose_files, named_folders)


def missing_rooms(root: Path) -> list[str]:
    """Rooms of the table that are not in the tree."""
    modules = _modules(root)
    return [room for room in FLOOR if room not in modules and room != "bench"]


def _modules(root: Path) -> dict[str, Path]:
    found = {}
    for path in files(root, ".py"):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0] in ("models", "kiosk", "admin", "translations", "bench", "wsgi"):
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _room(module: str) -> str:
    two = ".".join(module.split(".")[:2])
    return two if two in FLOOR else module.partition(".")[0]


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _below(module: str, part: str) -> bool:
    return module == part or module.startswith(f"{part}.")


def _at(root: Path, path: Path, line: int) -> str:
    return f"{path.relative_to(root).as_posix()}:{line}:"
