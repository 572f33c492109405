"""The rule of Vietnamese words: they stand in the catalogue or in data, not in code."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.rules import PACKAGES
from tests.architecture.source_tree import at, files, syntax_tree
from tests.fixtures.vietnamese_letters import VIETNAMESE

#: By this a module says that letters of Vietnamese are what it works with: masking, collation, typing. Its value is the
#: reason. Sentences for people are no such data.
DECLARATION = "VIETNAMESE_IS_DATA"
#: The product's name, which is the same in every language.
NAME = "Hài Lòng"


def vietnamese_in_code(root: Path) -> list[str]:
    """A sentence for people is a message of the catalogue; prescribed and former wording is data in a file."""
    broken = []
    for path in files(root, ".py"):
        if path.relative_to(root).parts[0] in PACKAGES and not _declared(syntax_tree(path)):
            for line, text in _constants(syntax_tree(path)):
                if VIETNAMESE.search(unicodedata.normalize("NFC", text).replace(NAME, "")):
                    broken.append(at(root, path, line, f"Vietnamese in code: {text.strip()[:40]!r}"))
    return broken


def _declared(tree: ast.Module) -> bool:
    """Whether a module says, with a reason, that Vietnamese letters are its data."""
    return any(
        isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == DECLARATION
        and isinstance(node.value, ast.Constant)
        and len(str(node.value.value).split()) > 2
        for node in tree.body
    )


def _constants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every string constant, those within f-strings too; docstrings are left out."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value
