"""The rules of the floors: each reads a source tree and returns what breaks the tables of `floors.py`.

`test_floors.py` holds the project to them, and feeds each a small bad tree that it must report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.floors import (
    COMMANDS,
    ENTRANCES,
    FLOORS,
    IN_EVERY_ROOM,
    INSIDE,
    LOOSE,
    MOST_LOOSE,
    NO_WEB,
    Floors,
)  # fmt: skip
from tests.architecture.rules import WEB, files, imports

PACKAGES = ("models", "translations", "kiosk", "admin", "bench", "wsgi")


def _number(floors: Floors) -> dict[str, int]:
    return {name: number for number, names in enumerate(floors, 1) for name in names}


FLOOR = _number(FLOORS)
FLOOR_INSIDE = {room: _number(floors) for room, floors in INSIDE.items()}


def floors(root: Path) -> list[str]:
    """A room imports lower floors only, and so does a folder inside a room; lazy and relative imports too."""
    found = []
    for module, path, line, imported in _own_imports(root):
        here, there = _room(module), _room(imported)
        floor = FLOOR
        if here == there and here in INSIDE:
            floor = FLOOR_INSIDE[here]
            here, there = _folder(root, module, floor), _folder(root, imported, floor)
        if here != there and floor.get(there, 99) >= floor.get(here, 0):
            found.append(_at(root, path, line, f"{here} ({floor.get(here)}) imports {there} ({floor.get(there)})"))
    return found


def named_folders(root: Path) -> list[str]:
    """Every folder with modules stands on a floor of the tables, and every name of the tables is in the tree."""
    modules = _modules(root)
    folders = {_package(root, path) for path in modules.values()}
    listed = {*FLOOR, *(name for inside in FLOOR_INSIDE.values() for name in inside)}
    found = [f"{folder.replace('.', '/')}/:1: stands on no floor" for folder in sorted(folders - listed)]
    rooms = {*folders, *modules}
    return found + [f"{name.replace('.', '/')}:1: stands in the table alone" for name in sorted(listed - rooms)]


def no_web(root: Path) -> list[str]:
    """What counts, signs, draws and words knows no web framework."""
    return [
        _at(root, path, line, f"{module} must not know the web ({imported})")
        for module, path in _modules(root).items()
        for line, imported in imports(path, module)
        if imported.partition(".")[0] in WEB and any(_below(module, room) for room in NO_WEB)
    ]


def commands(root: Path) -> list[str]:
    """Click is imported in `cli/` alone."""
    return [
        _at(root, path, line, "commands stand in cli/")
        for module, path in _modules(root).items()
        if module.partition(".")[0] != "bench" and not any(_below(module, room) for room in COMMANDS)
        for line, imported in imports(path, module)
        if imported.partition(".")[0] == "click"
    ]


def loose_files(root: Path) -> list[str]:
    """The root of a package holds the files of a closed list of at most five, besides its `__init__.py`."""
    found = [
        _at(root, path, 1, "a loose file; give it a folder")
        for package, allowed in LOOSE.items()
        for path in sorted((root / package).glob("*.py"))
        if path.name not in {*allowed, "__init__.py"}
    ]
    return found + [f"{name}/:1: {len(some)} loose files" for name, some in LOOSE.items() if len(some) > MOST_LOOSE]


def entrances(root: Path) -> list[str]:
    """Of a folder that decides alone only its entrances are imported from outside."""
    return [
        _at(root, path, line, f"{imported} is no entrance of {folder}")
        for module, path, line, imported in _own_imports(root)
        for folder, doors in ENTRANCES.items()
        if _below(imported, folder) and not _below(module, folder) and imported not in doors
    ]


def file_names(root: Path) -> list[str]:
    """A file name stands once, besides those that mean the same in every room and the same part of both apps."""
    places: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(_modules(root).values()):
        package, _, inside = path.relative_to(root).as_posix().partition("/")
        if path.name not in IN_EVERY_ROOM and "versions" not in path.parts:
            places[path.name][inside if package in ("kiosk", "admin") else f"{package}/{inside}"] = path
    return [
        _at(root, path, 1, f"the same name as {first.relative_to(root).as_posix()}")
        for first, *more in (list(there.values()) for there in places.values())
        for path in more
    ]


RULES = (floors, named_folders, no_web, commands, loose_files, entrances, file_names)


def _modules(root: Path) -> dict[str, Path]:
    found = {}
    for path in files(root, ".py"):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0] in PACKAGES:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _own_imports(root: Path) -> Iterator[tuple[str, Path, int, str]]:
    """Every import of one of our modules: who, in which file and line, of which module."""
    modules = _modules(root)
    for module, path in modules.items():
        for line, name in imports(path, module):
            while name and name not in modules:
                name = name.rpartition(".")[0]
            if name and name != module:
                yield module, path, line, name


def _room(module: str) -> str:
    package, *inside = module.split(".")
    two = ".".join([package, *inside[:1]])
    return two if two in FLOOR or (len(inside) > 1 and package not in INSIDE) else package


def _folder(root: Path, module: str, floor: dict[str, int]) -> str:
    return module if module in floor else _package(root, _modules_of(root)[module])


@cache
def _modules_of(root: Path) -> dict[str, Path]:
    return _modules(root)


def _package(root: Path, path: Path) -> str:
    """The dotted name of the folder a file lies in; for a file at the top its own name."""
    return ".".join(path.relative_to(root).parent.parts) or path.stem


def _below(module: str, part: str) -> bool:
    return module == part or module.startswith(f"{part}.")


def _at(root: Path, path: Path, line: int, why: str) -> str:
    return f"{path.relative_to(root).as_posix()}:{line}: {why}"
