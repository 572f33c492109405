"""Error codes as the source has them: what is raised by name, and which words it could be raised with."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.source_tree import files, syntax_tree

#: A word that may be a code: `month_open`, `old_excel.password`, `damaged`.
_WORD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z_]+)?")


@dataclass(frozen=True)
class Raised:
    """A name of a kind of error as it stands in a call: what is called, the values it gives, and where."""

    by: str
    name: str
    values: frozenset[str]
    #: whether it gives further values, which do not stand in the call by name
    open_ended: bool
    place: str


def raised(root: Path, packages: Collection[str], makers: Mapping[str, object]) -> Iterator[Raised]:
    """Every call of a maker (`PageError`, `refused`, …) with the name written out as its first word, or as the second
    one behind a line's number; and every look into a table (`PAGES["month_open"]`)."""
    for path in _sources(root, packages):
        for node in ast.walk(syntax_tree(path)):
            place = f"{path.relative_to(root).as_posix()}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and (by := _last(node.func)) in makers:
                keywords = frozenset(word.arg for word in node.keywords if word.arg)
                mapped = any(word.arg in (None, "values") for word in node.keywords)
                for at, argument in enumerate(node.args[:2]):
                    for name in _names([argument]):
                        yield Raised(by, name, keywords, mapped or len(node.args) > at + 1, place)
            elif isinstance(node, ast.Subscript) and (by := _last(node.value)) in makers:
                for name in _names([node.slice]):
                    yield Raised(by, name, frozenset(), True, place)


def words(
    root: Path, packages: Collection[str], makers: Mapping[str, object]
) -> tuple[set[str], list[re.Pattern[str]]]:
    """The words that code outside the catalogues could raise, and the patterns of those that it puts together."""
    constants: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for path in _sources(root, packages):
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORD.fullmatch(node.value):
                constants.add(node.value)
            elif isinstance(node, ast.Call) and _last(node.func) in makers:
                patterns += [_pattern(part) for part in node.args[:2] if isinstance(part, ast.JoinedStr)]
    return constants, patterns


def _sources(root: Path, packages: Collection[str]) -> Iterator[Path]:
    for path in files(root, ".py"):
        package, *inside = path.relative_to(root).parts
        if package in packages and inside[:1] != ["error_catalogue"]:
            yield path


def _names(arguments: list[ast.expr]) -> Iterator[str]:
    """The words that an argument may be, either branch of a choice too."""
    for argument in arguments:
        if isinstance(argument, ast.IfExp):
            yield from _names([argument.body, argument.orelse])
        elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and _WORD.fullmatch(argument.value):
            yield argument.value


def _pattern(text: ast.JoinedStr) -> re.Pattern[str]:
    return re.compile("".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in text.values))


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
