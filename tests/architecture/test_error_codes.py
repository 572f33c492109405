"""Error codes: each that is raised stands in a catalogue, each of those is raised and documented."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from bench.error_document import CATALOGUES
from models.errors import ErrorKind, ErrorTable
from tests.architecture import error_codes
from tests.architecture.error_codes import Raised
from tests.fixtures.vietnamese_letters import VIETNAMESE
from translations import use_locale
from translations.maintenance import error_list

ROOT = Path(__file__).parents[2]
PACKAGES = ("admin", "kiosk")
TABLES = [table for tables in CATALOGUES.values() for table in tables]
EVERY = [(table, kind) for table in TABLES for kind in table.values()]
#: Codes of one line of a file, which are no exceptions of their own.
OF_LINES = {"LineError": "REFERENCE_LINES", "TableError": "ANSWER_FILES", "make_refusal": "ANSWER_FILES"}
#: What every deployment meets and older programs rely on.
PROMISED = {"key_missing", "clock_behind", "clock_ahead", "foreign_agency", "not_ready", "slip_used", "month_open"}
_PLACE = re.compile(r"%\((\w+)\)")


def makers(package: str) -> Mapping[str, Sequence[Mapping[str, ErrorKind]]]:
    """By the name of what a package calls or looks into: the tables its names are of."""
    tables: dict[str, list[Mapping[str, ErrorKind]]] = {}
    for path in sorted((ROOT / package / "error_catalogue").glob("*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, value in vars(module).items():
            if isinstance(value, ErrorTable) and value not in tables.get(name, []):
                tables.setdefault(name, []).append(value)
    for path in sorted((ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "CodedError" for base in node.bases):
                module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                tables.setdefault(node.name, []).append(vars(module)[node.name].table)
    for name, table in OF_LINES.items():
        if table in tables:
            tables.setdefault(name, []).extend(tables[table])
    return tables


MAKERS = {package: makers(package) for package in PACKAGES}


def unknown(raised: Iterator[Raised], tables: Mapping[str, Sequence[Mapping[str, ErrorKind]]]) -> list[str]:
    """Names that are raised and stand in no table of whoever raises them, and values that a sentence lacks."""
    wrong = []
    for one in raised:
        kinds = [table[one.name] for table in tables[one.by] if one.name in table]
        if not kinds:
            wrong.append(f"{one.place}: {one.by} knows no {one.name}")
        elif not one.open_ended and not set(_PLACE.findall(str(kinds[0].text))) <= one.values:
            wrong.append(f"{one.place}: the sentence of {one.name} wants other values than {sorted(one.values)}")
    return wrong


def test_what_is_raised_stands_in_the_catalogue() -> None:
    for package, least in (("admin", 150), ("kiosk", 60)):
        raised_errors = list(error_codes.raised(ROOT, (package,), MAKERS[package]))
        assert len(raised_errors) > least, len(raised_errors)
        assert unknown(iter(raised_errors), MAKERS[package]) == []


def test_what_stands_in_the_catalogue_is_raised() -> None:
    never = []
    for package in PACKAGES:
        words, patterns = error_codes.words(ROOT, (package, "models"), MAKERS[package])
        never += [
            f"{table.place}: {kind.name}"
            for table in CATALOGUES[package]
            for kind in table.values()
            if kind.name not in words and not any(pattern.fullmatch(kind.name) for pattern in patterns)
        ]
    assert never == []


def test_every_table_belongs_to_the_catalogue() -> None:
    """A table that is in none would be missing from the document."""
    listed = {id(table) for table in TABLES}
    missing_names = [
        name for tables_by_name in MAKERS.values() for name, tables in tables_by_name.items() for table in tables
        if isinstance(table, ErrorTable) and id(table) not in listed
    ]  # fmt: skip
    assert missing_names == []


def test_no_english_sentence_holds_a_vietnamese_word() -> None:
    with use_locale("en"):
        english = {f"{table.place}: {kind.name}": kind.message for table, kind in EVERY}
    assert [name for name, text in english.items() if VIETNAMESE.search(text.replace("Hài Lòng", ""))] == []


def test_the_document_is_what_the_catalogues_give() -> None:
    assert error_list.DOCUMENT.read_text(encoding="utf-8") == error_list.build_document(CATALOGUES), (
        "docs/errors.md is old; run: python3 wsgi.py docs"
    )


def test_the_document_lists_what_is_promised() -> None:
    codes = set(re.findall(r"^\| `(\w+)`", error_list.DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert PROMISED <= codes and {kind.code for _, kind in EVERY} <= codes


TABLE = ErrorTable("a test", ErrorKind("no_paper", "Put in %(n)s sheets."))
BAD = [
    ("raise PaperError('no_ink')", "knows no no_ink"),
    ("raise PaperError('no_paper')", "wants other values"),
    ("raise PaperError('no_paper' if full else 'no_ink', n=1)", "knows no no_ink"),
    ("text = TABLE['no_ink'].text", "knows no no_ink"),
]


@pytest.mark.parametrize(("source", "why"), BAD)
def test_a_code_of_no_table_is_reported(source: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "a.py").write_text(source, encoding="utf-8")
    tables = {"PaperError": [TABLE], "TABLE": [TABLE]}
    broken = unknown(error_codes.raised(tmp_path, ("admin",), tables), tables)
    assert len(broken) == 1 and why in broken[0], broken
    (tmp_path / "admin" / "a.py").unlink()  # a file is read once
    (tmp_path / "admin" / "b.py").write_text("raise PaperError('no_paper', n=1)", encoding="utf-8")
    assert unknown(error_codes.raised(tmp_path, ("admin",), tables), tables) == []
