"""The programs that tests and bench start, read from their source.

Where they cannot be read the rule says so. A program is followed through names, lists, parameters and functions to the
words it is written with. What runs behind such a starter as `unshare` is a program too. `test_started_programs.py`
holds all of them to the table in `tests/programs.py`; what a running test really starts is watched by
`tests/guards.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests import programs
from tests.architecture.source_tree import files
from tests.system_packages import BROWSER

#: What starts a program: its first argument (for `spawn…` the second) is the program, or the list that begins with it.
STARTS = re.compile(
    r"subprocess\.(run|Popen|call|check_call|check_output)|os\.(exec\w+|spawn\w+|posix_spawnp?)|pty\.spawn"
    r"|asyncio\.create_subprocess_exec|pexpect\.(spawn|run)|shutil\.which"
)
#: What takes a line for a shell, in which nobody can read the programs.
SHELL = re.compile(r"os\.(system|popen)|subprocess\.(getoutput|getstatusoutput)|asyncio\.create_subprocess_shell")
#: Ways to Python itself, by whatever name the tests give it.
PYTHON = re.compile(r"sys\.(executable|_base_executable)|wsgi\.(PYTHON|HAILONG)")
#: Functions whose value is one of their arguments.
SAME = {"str", "Path", "next", "filter", "map", "fspath", "list", "tuple"}
OURS = "python"
#: What looks for all programs of the table, and starts none.
TABLES = {"tests/system_packages.py"}
#: Steps after which following a program is given up.
DEPTH = 20
_IMPORTS = (ast.Import, ast.ImportFrom)


class Unreadable(Exception):
    """No words are found where the program should stand."""


@dataclass(frozen=True)
class Place:
    """A node of a file, and the function around it."""

    path: Path
    function: ast.FunctionDef | ast.AsyncFunctionDef | None
    owner: str = ""  # the class around the function


class Source:
    """The modules of tests and bench under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        inside = (path for path in files(root, ".py") if path.relative_to(root).parts[0] in ("tests", "bench"))
        inside = (path for path in inside if path.relative_to(root).as_posix() not in TABLES)
        self.trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in inside}
        self.nodes = {path: list(_placed(tree, Place(path, None))) for path, tree in self.trees.items()}
        placed = self.nodes.items()
        self.imports = {path: [node for _, node in nodes if isinstance(node, _IMPORTS)] for path, nodes in placed}
        self.origins = {path: set(_origins(nodes)) for path, nodes in self.imports.items()}

    @cached_property
    def calls(self) -> dict[str, list[tuple[Place, ast.Call]]]:
        """Every call, by the last part of the name that is called."""
        calls_by_name: dict[str, list[tuple[Place, ast.Call]]] = {}
        for place, node in (pair for nodes in self.nodes.values() for pair in nodes):
            if isinstance(node, ast.Call):
                calls_by_name.setdefault(_dotted(node.func).rpartition(".")[2], []).append((place, node))
        return calls_by_name

    @cached_property
    def returned(self) -> dict[str, dict[Path, list[tuple[Place, ast.expr]]]]:
        """What every function returns, by its name and its module."""
        by_function: dict[str, dict[Path, list[tuple[Place, ast.expr]]]] = {}
        for place, node in (pair for nodes in self.nodes.values() for pair in nodes):
            if isinstance(node, ast.Return) and node.value and place.function:
                by_function.setdefault(place.function.name, {}).setdefault(place.path, []).append((place, node.value))
        return by_function

    def started(self) -> Iterator[tuple[Path, int, set[str] | None]]:
        """Where a program is started, and which may be (None: it cannot be read)."""
        for path, nodes in self.nodes.items():
            modules = dict(_imported(self.imports[path]))
            for place, node in nodes:
                match node:
                    case ast.keyword(arg="executable_path"):  # the browser that Playwright starts
                        yield path, node.lineno, {BROWSER}
                    case ast.Dict(keys=keys) if any(getattr(key, "value", None) == "executable_path" for key in keys):
                        yield path, node.lineno, {BROWSER}
                    case ast.Call():
                        called = _full(node.func, modules)
                        shell = any(word.arg == "shell" for word in node.keywords)
                        if SHELL.fullmatch(called) or (STARTS.fullmatch(called) and shell):
                            yield path, node.lineno, None
                        elif STARTS.fullmatch(called):
                            yield path, node.lineno, self._programs(node, place, called)

    def _programs(self, node: ast.Call, place: Place, called: str) -> set[str] | None:
        words = [word.value for word in node.keywords if word.arg in ("args", "executable", "file", "path", "cmd")]
        if called.startswith("os.spawn"):
            words = [ast.List(node.args[1:])]
        elif called.startswith(("os.", "asyncio.")):
            words = [ast.List(node.args)]
        elif called == "shutil.which":
            words = node.args[:1]
        else:
            words += node.args[:1]
        try:
            return set().union(*(self.read(word, place) for word in words)) if words else None
        except Unreadable:
            return None

    def read(self, node: ast.expr, place: Place, depth: int = 0) -> set[str]:
        """The programs that an expression may name; none where nothing may stand there. Raises `Unreadable`."""
        if depth > DEPTH:
            raise Unreadable
        match node:
            case ast.Constant(value=None | ""):
                return set()
            case ast.Constant(value=str(text)):
                return {OURS} if programs.ours(text) else {Path(text).name}
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                return {Path(text).name}
            case ast.List(elts=words) | ast.Tuple(elts=words):
                return self._command(words, place, depth + 1)
            case ast.Starred(value=inner) | ast.NamedExpr(value=inner):
                return self.read(inner, place, depth + 1)
            case ast.BinOp(op=ast.Div(), right=last):
                return {OURS if name == "hailong" else name for name in self.read(last, place, depth + 1)}
            case ast.BinOp(op=ast.Add(), left=ast.List(elts=words)):
                return self._command(words, place, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return self.read(one, place, depth + 1) | self.read(other, place, depth + 1)
            case ast.BoolOp(values=several):
                return set().union(*(self.read(one, place, depth + 1) for one in several))
            case ast.Attribute() if PYTHON.fullmatch(ast.unparse(node)):
                return {OURS}
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return self._named(name, self._module(owner, place), depth + 1)
            case ast.Name(id=name):
                return self._named(name, place, depth + 1)
            case ast.Call():
                return self._returned(node, place, depth + 1)
        raise Unreadable

    def _command(self, words: Sequence[ast.expr], place: Place, depth: int) -> set[str]:
        """The program a list begins with, and those behind starters."""
        program_names: set[str] = set()
        values: set[str] = set()
        after = ""
        for number, word in enumerate(words):
            text = ast.literal_eval(word) if isinstance(word, ast.Constant) else None
            option = isinstance(text, str) and text.startswith("-")
            joined = isinstance(word, ast.JoinedStr) and ast.unparse(word)[2:].startswith("-")
            value, after = after in values, text if isinstance(text, str) else ""
            if number and (option or joined or value):
                continue
            word_programs = self.read(word, place, depth)
            program_names |= word_programs
            if word_programs - programs.STARTERS.keys():
                break
            values = set().union(*(programs.STARTERS[name] for name in word_programs))
        return program_names

    def _named(self, name: str, place: Place, depth: int) -> set[str]:
        """What a name stands for: here, as a parameter, in the module, or in the module it comes from."""
        nodes = self.nodes[place.path]
        inside = [(where, node) for where, node in nodes if where.function and where.function is place.function]
        values = [*_values(name, inside)]
        if not values and place.function and name in _parameters(place.function):
            return self._handed_in(name, place, depth)
        values = values or [*_values(name, [(where, node) for where, node in nodes if where.function is None])]
        if values:
            return set().union(*(self.read(value, where, depth) for where, value in values))
        for module, imported in self.origins[place.path]:
            path = self._path(module)
            if name == imported and path in self.trees:
                return self._named(name, Place(path, None), depth)
        raise Unreadable

    def _module(self, owner: str, place: Place) -> Place:
        """Where the names of `owner` stand: a module of ours, or (`self`) here."""
        for module, imported in self.origins[place.path]:
            path = self._path(f"{module}.{imported}")
            if owner == imported and path in self.trees:
                return Place(path, None)
        return place

    def _path(self, module: str) -> Path:
        return self.root.joinpath(*module.split(".")).with_suffix(".py")

    def _handed_in(self, name: str, place: Place, depth: int) -> set[str]:
        """What callers anywhere in tests and bench give for a parameter, and what it is without them."""
        function = place.function
        assert function is not None
        names, defaults = _parameters(function), _defaults(function)
        own = place.owner if function.name == "__init__" else function.name
        number = names.index(name) - bool(place.owner)
        program_names, has_value = set(), name in defaults
        if has_value:
            program_names |= self.read(defaults[name], Place(place.path, None), depth)
        module = ".".join(place.path.relative_to(self.root).with_suffix("").parts)
        for where, call in self.calls.get(own, []):
            if where.path != place.path and (module, own) not in self.origins[where.path]:
                continue
            words = {word.arg: word.value for word in call.keywords}
            argument = words.get(name) or (call.args[number] if number < len(call.args) else None)
            if argument is not None:
                has_value = True
                program_names |= self.read(argument, where, depth)
        if not has_value:
            raise Unreadable
        return program_names

    def _returned(self, node: ast.Call, place: Place, depth: int) -> set[str]:
        """What a function gives: `which` its argument, our own what they return."""
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        if called == "getattr" and PYTHON.fullmatch(f"{ast.unparse(node.args[0])}.{ast.literal_eval(node.args[1])}"):
            return {OURS}
        if name == "which" or name in SAME:
            words = [word for word in node.args if ast.unparse(word) not in ("None", "shutil.which")]
            return set().union(*(self._each(word, place, depth) for word in words))
        by_module = self.returned.get(name, {})
        for returned in [by_module.get(place.path), *by_module.values()]:
            if returned:
                return set().union(*(self.read(value, where, depth) for where, value in returned))
        raise Unreadable

    def _each(self, node: ast.expr, place: Place, depth: int) -> set[str]:
        """Every one of several programs, where they stand side by side."""
        if isinstance(node, (ast.Tuple, ast.List)):
            return set().union(*(self.read(one, place, depth) for one in node.elts))
        return self.read(node, place, depth)


def _placed(node: ast.AST, place: Place) -> Iterator[tuple[Place, ast.AST]]:
    """Every node with its place."""
    for child in ast.iter_child_nodes(node):
        inner = place
        if isinstance(child, ast.ClassDef):
            inner = Place(place.path, place.function, child.name)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = Place(place.path, child, place.owner)
        yield place if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else inner, child
        yield from _placed(child, inner)


def _values(name: str, nodes: Sequence[tuple[Place, ast.AST]]) -> Iterator[tuple[Place, ast.expr]]:
    """What is assigned to a name, or what it runs through in a loop."""
    for place, node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value) if any(_is(target, name) for target in targets):
                yield place, value
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _is(target, name):
                yield place, value
            case ast.NamedExpr(target=target, value=value) if _is(target, name):
                yield place, value
            case ast.For(target=target, iter=run) | ast.comprehension(target=target, iter=run) if _is(target, name):
                if isinstance(run, ast.Call) and ast.unparse(run.func) in ("filter", "map"):
                    run = run.args[-1]
                yield from ((place, one) for one in getattr(run, "elts", ()))


def _is(target: ast.expr, name: str) -> bool:
    return getattr(target, "id", getattr(target, "attr", None)) == name


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _defaults(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    plain = [*function.args.posonlyargs, *function.args.args]
    pairs = zip(reversed(plain), reversed(function.args.defaults), strict=False)
    keyword_pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {one.arg: value for one, value in (*pairs, *keyword_pairs) if value is not None}


def _imported(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """Name in the module → what it means: of `subprocess as s` and of `from subprocess import run`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _origins(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """The modules that names come from."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def _full(called: ast.expr, modules: dict[str, str]) -> str:
    first, dot, rest = _dotted(called).partition(".")
    return modules.get(first, first) + dot + rest


def _dotted(called: ast.expr) -> str:
    """A name with its dots; what is called on another value than a name is known by its last part alone."""
    if isinstance(called, ast.Name):
        return called.id
    return f"{_dotted(called.value)}.{called.attr}" if isinstance(called, ast.Attribute) else "?"


@cache
def started(root: Path) -> list[tuple[Path, int, set[str] | None]]:
    """Where tests and bench under `root` start a program, and which may be (None: it cannot be read)."""
    return list(Source(root).started())


def foreign_programs(root: Path) -> list[str]:
    """A program that tests or bench start stands in `tests/programs.py`, in a tier that the module has."""
    faults = []
    for path, line, names in started(root):
        module = path.relative_to(root).as_posix()
        if names is None:
            faults.append(f"{module}:{line}: which program is started cannot be read; name it")
            continue
        for name in sorted(names - {OURS}):
            if programs.tier(name) not in programs.allowed(module):
                faults.append(f"{module}:{line}: starts {name}, tier {programs.tier(name)}")
    return faults
