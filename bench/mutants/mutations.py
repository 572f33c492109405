"""Mutations of a Python module: the small faults that its text allows, each as a replaced piece of it.

Left alone: what only people read (docstrings, messages, lines of the log), type annotations, imports, `__all__`,
decorators, assertions. A piece inside an f-string too, for Python 3.11 does not say where it stands.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

#: Calls whose arguments only people read.
WORDS = {"_", "gettext", "lazy", "ngettext", "pgettext", "debug", "info", "warning", "error", "exception"}
COMPARISONS: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(), ast.LtE: ast.Lt(), ast.Gt: ast.GtE(), ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(), ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(), ast.IsNot: ast.Is(), ast.In: ast.NotIn(), ast.NotIn: ast.In(),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], ast.operator] = {ast.Add: ast.Sub(), ast.Sub: ast.Add()}
EXTREMES = {"min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A fault in a file: the bytes from `start` to `end`, which say `old`, say `new`. `first` to `last` are the lines
    of the statement they stand in; `key` is the same as long as the function says the same, wherever it moves."""

    path: str
    line: int
    first: int
    last: int
    start: int
    end: int
    old: str
    new: str
    key: str

    def text(self, source: bytes) -> bytes:
        """The file with the fault in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.path}:{self.line} {old} → {new}"


def find_mutants(path: str, source: bytes) -> list[Mutant]:
    """All mutants of a module's text, in its order; `path` is the module's, relative to the project's folder."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    mutants: list[Mutant] = []
    counts: Counter[tuple[str, ...]] = Counter()
    for node, scope, statement, new in _faults(ast.parse(source), path, None):
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        old = source[start:end].decode()
        same = (scope, old, new)
        counts[same] += 1
        key = hashlib.sha256(repr((same, counts[same])).encode()).hexdigest()[:16]
        mutants.append(Mutant(path, node.lineno, statement.lineno, _last_line(statement), start, end, old, new, key))
    return mutants


def _last_line(statement: ast.stmt) -> int:
    """The last line of a statement; of one that holds others, the last of its head."""
    body: list[ast.stmt] | None = getattr(statement, "body", None)
    return max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno


_Fault = tuple[ast.expr | ast.stmt, str, ast.stmt, str]


def _faults(node: ast.AST, scope: str, statement: ast.stmt | None) -> Iterator[_Fault]:
    """What can be replaced in `node` and below: the piece, its function's name, its statement, and what takes its
    place."""
    if isinstance(node, ast.stmt):
        statement = node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        scope = f"{scope}.{node.name}"
    if statement is not None and isinstance(node, (ast.expr, ast.stmt)):
        yield from ((node, scope, statement, new) for new in _replacements(node))
    for child in _parts(node):
        yield from _faults(child, scope, statement)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """What of a node's parts the machine acts upon."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Assert)):
        return
    if isinstance(node, ast.Call) and _name(node.func) in WORDS:
        return
    if isinstance(node, ast.Assign) and any(_name(target) in ("__all__", "__slots__") for target in node.targets):
        return
    if isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
        return
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "decorator_list", "type_comment", "ctx"):
            yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _replacements(node: ast.expr | ast.stmt) -> Iterator[str]:
    """The texts that may stand in a node's place."""
    if isinstance(node, ast.Compare):
        for number, operator in enumerate(node.ops):
            other = [*node.ops[:number], COMPARISONS[type(operator)], *node.ops[number + 1 :]]
            yield _inside(ast.Compare(node.left, other, node.comparators))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield from (_inside(ast.Constant(node.value + step)) for step in (1, -1))
    elif isinstance(node, ast.BoolOp):
        yield _inside(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _inside(node.operand)
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield _inside(ast.BinOp(node.left, ARITHMETIC[type(node.op)], node.right))
    elif isinstance(node, ast.Return) and not isinstance(node.value, (ast.Constant, type(None))):
        yield "return None"
    elif isinstance(node, ast.Raise):
        yield "pass"
    elif isinstance(node, ast.Name) and node.id in EXTREMES:
        yield EXTREMES[node.id]
    elif isinstance(node, (ast.Tuple, ast.Set, ast.List)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from _one_fewer(node)


def _one_fewer(node: ast.Tuple | ast.Set | ast.List) -> Iterator[str]:
    """A collection of texts or of names of constants, without one of them."""
    if len(node.elts) < 2 or not all(
        isinstance(element.value, str) if isinstance(element, ast.Constant) else _name(element)[:1].isupper()
        for element in node.elts
    ):
        return
    for number in range(len(node.elts)):
        rest = [*node.elts[:number], *node.elts[number + 1 :]]
        yield ast.unparse(type(node)(elts=rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load()))


def _inside(node: ast.expr) -> str:
    """An expression's text where it may stand within another."""
    return f"({ast.unparse(node)})"
