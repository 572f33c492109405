"""The rules of the floors: each reads a source tree and returns what breaks the tables of `floors.py`.

`test_floors.py` holds the project to them, and feeds each a small bad tree that it must report.
"""

from __future__ import annotations

import ast
import re
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
from tests.architecture.rules import WEB
from tests.architecture.source_tree import UNREADABLE, at, below, files, imports, syntax_tree

PACKAGES = ("models", "translations", "kiosk", "admin", "bench", "wsgi")
APPS = ("models", "translations", "kiosk", "admin")
TOP = {*APPS, "bench", "tests", "wsgi.py"}
#: Folders that hold data of the room or package they lie in, and data files that a package's root may hold.
DATA = {"static", "templates", "data", "files", "mappings", "tinos"}
LOOSE_DATA = {"messages.pot"}
#: Folders of templates that belong to no room.
SHARED_TEMPLATES = {"components"}


def _number(floors: Floors) -> dict[str, int]:
    return {name: number for number, names in enumerate(floors, 1) for name in names}


FLOOR = _number(FLOORS)
FLOOR_INSIDE = {room: _number(floors) for room, floors in INSIDE.items()}


def floors(root: Path) -> list[str]:
    """A room imports lower floors only, and so does a folder inside a room; lazy and relative imports too."""
    faults = [
        at(root, path, line, "imports what cannot be read; name it")
        for module, path in _modules(root).items()
        for line, imported in imports(path, module)
        if imported == UNREADABLE
    ]
    for module, path, line, imported in _own_imports(root):
        source, other = _room(module), _room(imported)
        floor = FLOOR
        if source == other and source in INSIDE:
            floor = FLOOR_INSIDE[source]
            source, other = _folder(root, module, floor), _folder(root, imported, floor)
        if source != other and floor.get(other, 99) >= floor.get(source, 0):
            faults.append(at(root, path, line, f"{source} ({floor.get(source)}) imports {other} ({floor.get(other)})"))
    return faults


def named_folders(root: Path) -> list[str]:
    """Every folder with modules stands on a floor of the tables, every name of the tables is in the tree, and the top
    holds no module and no package besides the given ones."""
    modules = _modules(root)
    folders = {_package(root, path) for path in modules.values()}
    on_floors = {*FLOOR, *(name for inside in FLOOR_INSIDE.values() for name in inside)}
    table_names = {*NO_WEB, *COMMANDS, *ENTRANCES, *(door for doors in ENTRANCES.values() for door in doors)}
    table_names |= {f"{package}.{name.removesuffix('.py')}" for package, names in LOOSE.items() for name in names}
    faults = [f"{folder.replace('.', '/')}/:1: stands on no floor" for folder in sorted(folders - on_floors)]
    faults += [
        f"{name.replace('.', '/')}:1: stands in the table alone"
        for name in sorted((on_floors | table_names) - {*folders, *modules})
    ]
    tops = {path.relative_to(root).parts[0] for path in files(root, ".py")}
    return faults + [f"{name}:1: no package of this project" for name in sorted(tops - TOP)]


def left_behind(root: Path) -> list[str]:
    """A folder without modules is one of the kinds that hold data, and a package's root holds no other file."""
    faults = []
    for package in APPS:
        for path in files(root / package) if (root / package).is_dir() else []:
            inside = path.relative_to(root / package).parts
            if path.suffix != ".py" and len(inside) == 1 and path.name not in LOOSE_DATA:
                faults.append(at(root, path, 1, "a loose file; give it a folder"))
            if path.suffix != ".py" and len(inside) > 1 and not _holds_data(root / package, inside[:-1]):
                faults.append(at(root, path, 1, "lies in no room"))
    return faults


def _holds_data(package: Path, inside: tuple[str, ...]) -> bool:
    """Whether a folder is a room, or a folder for data of a room, the package or a language."""
    for depth, name in enumerate(inside):
        folder = package.joinpath(*inside[: depth + 1])
        if name in DATA or (folder / "language.json").exists():
            of_a_room = depth == 0 or (package.joinpath(*inside[:depth]) / "__init__.py").exists()
            is_allowed = name != "templates" or len(inside) == depth + 1 or inside[depth + 1] in SHARED_TEMPLATES
            return of_a_room and (is_allowed or (package / inside[depth + 1] / "__init__.py").exists())
        if not any(folder.glob("*.py")):
            return False
    return True


def no_web(root: Path) -> list[str]:
    """What counts, signs, draws and words knows no web framework."""
    return [
        at(root, path, line, f"{module} must not know the web ({imported})")
        for module, path in _modules(root).items()
        for line, imported in imports(path, module)
        if imported.partition(".")[0] in WEB and any(below(module, room) for room in NO_WEB)
    ]


def commands(root: Path) -> list[str]:
    """Click is imported in `cli/` alone."""
    return [
        at(root, path, line, "commands stand in cli/")
        for module, path in _modules(root).items()
        if module.partition(".")[0] != "bench" and not any(below(module, room) for room in COMMANDS)
        for line, imported in imports(path, module)
        if imported.partition(".")[0] == "click"
    ]


def loose_files(root: Path) -> list[str]:
    """The root of a package holds the files of a closed list of at most five, besides its `__init__.py`."""
    faults = [
        at(root, path, 1, "a loose file; give it a folder")
        for package, allowed in LOOSE.items()
        for path in sorted((root / package).glob("*.py"))
        if path.name not in {*allowed, "__init__.py"}
    ]
    return faults + [f"{name}/:1: {len(some)} loose files" for name, some in LOOSE.items() if len(some) > MOST_LOOSE]


def entrances(root: Path) -> list[str]:
    """Of a folder that decides alone only its entrances are imported from outside."""
    modules = _modules(root)
    faults = []
    for folder, doors in ENTRANCES.items():
        inner = {module for module in modules if below(module, folder) and module not in doors}
        inner_pattern = re.compile("|".join(rf"{re.escape(module)}\b" for module in sorted(inner - {folder})) or "(?!)")
        for module, path in modules.items():
            if not below(module, folder):
                for line, imported in imports(path, module):
                    behind = f"{folder}.{imported.rpartition('.')[2]}" if below(imported, folder) else ""
                    if imported in inner or behind in inner or any(below(imported, one) for one in inner - {folder}):
                        faults.append(at(root, path, line, f"{imported} is no entrance of {folder}"))
                for node in ast.walk(syntax_tree(path)):
                    if isinstance(node, ast.Attribute) and inner_pattern.fullmatch(ast.unparse(node)):
                        faults.append(at(root, path, node.lineno, f"{ast.unparse(node)} is no entrance of {folder}"))
    return faults


def file_names(root: Path) -> list[str]:
    """A file name stands once, besides those that mean the same in every room and the same part of both apps."""
    places: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(_modules(root).values()):
        package, _, inside = path.relative_to(root).as_posix().partition("/")
        if path.name not in IN_EVERY_ROOM and "versions" not in path.parts:
            places[path.name][inside if package in ("kiosk", "admin") else f"{package}/{inside}"] = path
    return [
        at(root, path, 1, f"the same name as {first.relative_to(root).as_posix()}")
        for first, *more in (list(paths.values()) for paths in places.values())
        for path in more
    ]


RULES = (floors, named_folders, left_behind, no_web, commands, loose_files, entrances, file_names)


def _modules(root: Path) -> dict[str, Path]:
    modules = {}
    for path in files(root, ".py"):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0] in PACKAGES:
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


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
