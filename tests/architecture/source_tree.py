"""The source tree as rules read it: files, syntax trees, and what a module imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

OUTSIDE = {".git", ".venv", "instance", "build", "dist", "__pycache__", ".pictures"}
#: What stands for the module that a computed import brings in.
UNREADABLE = "?"


def files(root: Path, *suffixes: str) -> list[Path]:
    """Every file of the project with one of the suffixes (none: all), without state, caches and environments."""
    paths = []
    for folder in sorted(root.iterdir()):
        if folder.is_file():
            paths.append(folder)
        elif folder.name not in OUTSIDE and not folder.name.endswith(("_cache", ".egg-info", ".hypothesis")):
            paths += files(folder)
    return [path for path in paths if not suffixes or path.suffix in suffixes]


@cache
def syntax_tree(path: Path) -> ast.Module:
    """The syntax tree of a file, read once."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, wherever it does.

    `from a import b` counts as `a.b`, relative ones are resolved, and so are calls of `import_module` by any name; one
    that computes what it imports is `UNREADABLE`.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = syntax_tree(path)
    loaders = {"import_module", "__import__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "importlib":
            loaders |= {alias.asname for alias in node.names if alias.asname and alias.name == "import_module"}
    for node in ast.walk(tree):
        yield from imports_of(node, package, loaders)


def imports_of(node: ast.AST, package: str, loaders: Collection[str] = ()) -> Iterator[tuple[int, str]]:
    """The same of one statement or call."""
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = _above(package, node.level) + ([node.module] if node.module else [])
        yield from ((node.lineno, ".".join([*start, alias.name])) for alias in node.names)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in loaders:
        name = next(iter([*node.args, *(word.value for word in node.keywords if word.arg == "name")]), None)
        if not isinstance(name, ast.Constant):
            yield node.lineno, UNREADABLE
        else:
            text = str(name.value)
            level = len(text) - len(text.lstrip("."))
            yield node.lineno, ".".join([*_above(package, level), text[level:]])


def _above(package: str, level: int) -> list[str]:
    """The package that so many leading dots mean; nothing for an absolute name."""
    parts = package.split(".")
    return parts[: len(parts) - level + 1] if level else []


def below(module: str, part: str) -> bool:
    """Whether a module is `part` or lies below it."""
    return module == part or module.startswith(f"{part}.")


def at(root: Path, path: Path, line: int, why: str) -> str:
    """What breaks a rule, as the rules report it: `path:line: why`."""
    return f"{path.relative_to(root).as_posix()}:{line}: {why}"
