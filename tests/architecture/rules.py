"""The rules of the house as functions: each reads a source tree and returns what breaks it.

A finding reads `path:line: why`. `test_rules.py` holds the project to them, and feeds each a small known-bad tree that
it must report: a rule that cannot fail proves nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.architecture.source_tree import at, below, files, imports, imports_of, syntax_tree

PACKAGES = ("models", "kiosk", "admin", "translations")
WEB = ("flask", "werkzeug", "wtforms", "flask_wtf", "jinja2")

Rule = Callable[[Path], list[str]]

#: Who must not import what: (part of the tree, forbidden modules). A name forbids everything below it.
FORBIDDEN_IMPORTS = [
    ("models", ("kiosk", "admin", "translations", "wsgi", "tests", "bench", *WEB, "reportlab")),
    ("translations", ("kiosk", "admin", "models", "wsgi", "tests", "bench", *WEB, "reportlab")),
    ("kiosk", ("admin", "wsgi", "tests", "bench", "reportlab")),
    ("admin", ("kiosk", "wsgi", "tests", "bench")),
]


def forbidden_imports(root: Path) -> list[str]:
    """Imports point one way; `models` and `translations` know no web; kiosk and admin do not know each other."""
    faults = []
    for path, module in _modules(root):
        forbidden = {name for part, names in FORBIDDEN_IMPORTS if below(module, part) for name in names}
        for line, imported in imports(path, module):
            if any(below(imported, name) for name in forbidden):
                faults.append(at(root, path, line, f"{module} must not import {imported}"))
    return faults


def admin_layers(root: Path) -> list[str]:
    """Inside admin: views → (operations, statistics) → models; only views and the application import views."""
    faults = []
    for path, module in _modules(root):
        for line, imported in imports(path, module):
            inside_statistics = below(module, "admin.statistics")
            if inside_statistics and below(imported, "admin") and not below(imported, "admin.statistics"):
                faults.append(at(root, path, line, f"statistics read models alone, not {imported}"))
            if _is_view(imported) and not _is_view(module) and module != "admin":
                faults.append(at(root, path, line, f"{module} must not know a view ({imported})"))
    return faults


def apps_imported_at_the_door(root: Path) -> list[str]:
    """wsgi.py imports kiosk and admin inside functions only, and at its top nothing but the standard library."""
    path = root / "wsgi.py"
    faults = []
    for node in syntax_tree(path).body:
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in [] if typing_only or isinstance(node, (ast.FunctionDef, ast.ClassDef)) else ast.walk(node):
            for line, imported in imports_of(inner, "wsgi", ("import_module", "__import__")):
                if imported.partition(".")[0] not in sys.stdlib_module_names:
                    faults.append(at(root, path, line, f"imports {imported} before anything is installed"))
    return faults


def size(root: Path) -> list[str]:
    """A module over 400 lines is split along the journey."""
    lengths = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in files(root, ".py"))
    return [at(root, path, count, "over 400 lines") for path, count in lengths if count > 400]


def names(root: Path) -> list[str]:
    """A module or folder is named after what it does."""
    empty = re.compile(r"(utils?|helpers?|common|misc|managers?)")
    return [
        at(root, path, 1, f"'{part}' says nothing")
        for path in files(root, ".py", ".html", ".css", ".js")
        for part in path.relative_to(root).with_suffix("").parts
        if empty.fullmatch(part)
    ]


def sessions(root: Path) -> list[str]:
    """Only models/storage/database.py opens sessions and commits; a store is opened once a process, by `open_once`."""
    faults = []
    for path in _python(root):
        if path == root / "models" / "storage" / "database.py":
            continue
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                if called == "commit" and isinstance(node.func, ast.Attribute):
                    faults.append(at(root, path, node.lineno, "commits; leave it to Database.write()"))
                if called in ("Session", "sessionmaker", "scoped_session"):
                    faults.append(at(root, path, node.lineno, "makes a session; take it from Database"))
                if called == "Database" and path.relative_to(root).parts[0] in PACKAGES:
                    faults.append(at(root, path, node.lineno, "opens a store again; take it from open_once()"))
    return faults


#: What reads the wall clock, also when it is only named (`default=date.today`): Python's, the libraries', a store's.
_READING = re.compile(
    r"time\.(time|time_ns|clock_gettime|clock_gettime_ns|\*)"
    r"|datetime\.(datetime\.(now|utcnow|today)|date\.today|\*)"
    r"|uuid\.uuid[167]|email\.utils\.(localtime|make_msgid)|sqlalchemy(\.sql\.expression)?\.func\.(now|current_\w+)"
    r"|models\.clock\.wall_ms"
)
#: What reads it only without a time: the name, and how many arguments come before the time.
_READING_WITHOUT = {
    "time.gmtime": 0, "time.localtime": 0, "time.ctime": 0, "time.asctime": 0, "time.strftime": 1,
    "email.utils.formatdate": 0, "werkzeug.http.http_date": 0,
}
_READING_SQL = re.compile(r"\bCURRENT_(TIMESTAMP|DATE|TIME)\b|\b(date|time|datetime|strftime)\([^)]*'now'", re.I)
#: Who may read what: the seam of the product, an id made without a moment, and the seam of the tests.
_READERS = {"models.clock": r".*", "models.ids": r"models\.clock\.wall_ms", "tests.clock_seam": r".*"}


def clock(root: Path) -> list[str]:
    """One module reads the wall clock, models/clock.py; a test that moves it moves all of the product."""
    faults = []
    for path in files(root, ".py"):
        parts = path.relative_to(root).with_suffix("").parts
        may = re.compile(_READERS.get(".".join(parts), ""))
        if parts[0] in (*PACKAGES, "wsgi", "tests", "bench"):
            read = ((line, name) for line, name in _clock_reads(syntax_tree(path)) if not may.fullmatch(name))
            faults += [at(root, path, line, f"reads the clock ({name})") for line, name in read]
    return faults


def _clock_reads(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of every reading, whatever the modules and functions are called here."""
    full: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full[alias.asname or alias.name] = name = f"{node.module}.{alias.name}"
                if _READING.fullmatch(name):
                    yield node.lineno, name
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    argument_counts = {id(node.func): len(node.args) + len(node.keywords) for node in calls}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)):
            first, dot, rest = ast.unparse(node).partition(".")
            name = full.get(first, first) + dot + rest
            if isinstance(node, ast.Attribute) and _READING.fullmatch(name):
                yield node.lineno, name
            elif argument_counts.get(id(node), 0) <= _READING_WITHOUT.get(name, -1):
                yield node.lineno, name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _READING_SQL.search(node.value):
            yield node.lineno, node.value


def reckoned_days(root: Path) -> list[str]:
    """A test that makes a day or month of the present time runs at the end of every kind of day: `every_moment`."""
    faults, reading, reckoning = [], {"now", "stop_clock"}, {"local_day", "day_start", "months_before", "month_days"}
    for path in (path for path in files(root, ".py") if path.relative_to(root).parts[0] == "tests"):
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                called = [ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
                last = {name.rpartition(".")[2] for name in called}
                marked = re.search("every_moment|starts_at", " ".join(map(ast.unparse, node.decorator_list)))
                if last & reading and last & reckoning and not marked:
                    faults.append(at(root, path, node.lineno, f"{node.name} is to be marked every_moment"))
    return faults


_HEX = r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})(?![\w-])"
_FUNCTION = r"\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\("
_NAMED = (
    r"(?<![-\w])(?:white|black|red|green|blue|yellow|orange|gr[ea]y|silver|gold|navy|teal|purple|pink|brown"
    r"|maroon|olive|lime|aqua|cyan|magenta|crimson|tomato|ivory|beige|whitesmoke|(?:dark|light)[a-z]+)(?![-\w(])"
)


def colours(root: Path) -> list[str]:
    """A colour is written in models/design_tokens.py alone, for CSS, SVG and PDF alike. Pictures (.svg) may differ."""
    faults = []
    for path in files(root, ".css", ".html", ".js", ".py"):
        part = path.relative_to(root).parts[0]
        if part in PACKAGES and path != root / "models" / "design_tokens.py":
            reader = {".css": _css_colours, ".py": _python_colours}.get(path.suffix, _markup_colours)
            faults += [at(root, path, line, f"colour {text}") for line, text in reader(path)]
    return faults


def _css_colours(path: Path) -> Iterator[tuple[int, str]]:
    text = re.sub(r"url\([^)]*\)", "url()", path.read_text(encoding="utf-8"))
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
    for declaration in re.finditer(r"[\w-]+\s*:\s*([^;{}]+)(?=[;}])", text):
        for colour in re.finditer(f"{_HEX}|{_FUNCTION}|{_NAMED}", declaration[1]):
            yield text.count("\n", 0, declaration.start()) + 1, colour[0]


def _markup_colours(path: Path) -> Iterator[tuple[int, str]]:
    attribute = rf"(?:fill|stroke|color|bgcolor|content|stop-color)\s*=\s*[\"']\s*(?:{_HEX}|{_FUNCTION}|{_NAMED})"
    for number, line in _lines(path):
        for colour in re.finditer(rf"{attribute}|(?<!&)#[0-9a-fA-F]{{6}}\b", line):
            yield number, colour[0]


def _python_colours(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(_HEX, node.value) or re.search(r"(?<!&)#[0-9a-fA-F]{6}\b", node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value).rpartition(".")[2] == "colors":
            if node.attr.islower():
                yield node.lineno, ast.unparse(node)


def templates(root: Path) -> list[str]:
    """The content security policy forbids inline style and script; so do we."""
    inline = re.compile(
        r"""\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*["']|javascript:|"""
        r"""<script\b(?![^>]*(?:\ssrc=|type="application/(?:ld\+)?json"))""",
        re.IGNORECASE,
    )
    return [
        at(root, path, number, f"inline {match[0].strip()}")
        for path in files(root, ".html")
        for number, line in _lines(path)
        if (match := inline.search(line))
    ]


def left_overs(root: Path) -> list[str]:
    """Nothing half done or for debugging is left in the tree."""
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"))
    mark = re.compile(rf"\b({words})\b|\bbreakpoint\(\)|\bpdb\.set_trace|console\.log\(|\bdebugger;")
    return [
        at(root, path, number, f"left-over {match[0]}")
        for path in files(root, ".py", ".html", ".js", ".css", ".cfg", ".toml", ".md", ".po", ".json", ".txt")
        if path != Path(__file__)
        for number, line in _lines(path)
        if (match := mark.search(line))
    ]


def machine_paths(root: Path) -> list[str]:
    """The tree names no folder of one machine, no package registry and no private host."""
    telling = re.compile(
        "|".join((r"/ro" + r"ot/", r"/ho" + r"me/[a-z]+/", r"(?<![\w.])/wo" + r"rk/", r"/tm" + r"p/[a-z]",
                  r"C:\\+Us" + "ers", r"--index-" + "url", r"--extra-" + "index",
                  r"(?<![\w.])regis" + r"try\.[a-z0-9-]+\.[a-z]"))
    )
    return [
        at(root, path, number, f"names {match[0]}")
        for path in files(root)
        if path.suffix not in (".png", ".woff2", ".ttf", ".ico", ".gz", ".xz", ".pdf", ".mo", ".sqlite")
        for number, line in _lines(path)
        if (match := telling.search(line))
    ]


def docstrings(root: Path) -> list[str]:
    """Every module says what it is; public names of models and admin/statistics say what goes in and out."""
    faults = []
    for path, module in _modules(root):
        tree = syntax_tree(path)
        if tree.body and not ast.get_docstring(tree):
            faults.append(at(root, path, 1, "a module says what it is and where it stands in the journey"))
        if below(module, "models") or below(module, "admin.statistics"):
            for node in tree.body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                    if not ast.get_docstring(node) and "migrations" not in module:
                        faults.append(at(root, path, node.lineno, f"{node.name} has no docstring"))
    return faults


LONGEST_FIRST_LINE = 100
#: Words that begin a riddle, a place or a deed, where a noun should say what a module is.
_NO_NOUN = frozenset(
    "what how who whose whom where which when whether why whatever whoever everything nothing somebody nobody anything "
    "from by of in on at to into for with without beside behind before after beyond between under over around against "
    "until since as if while because do does is are carries gathers hands holds keeps knows makes masks proves reads "
    "says sends serves takes tells writes".split()
)


def first_lines(root: Path) -> list[str]:
    """The first line of a module's docstring is a noun phrase that says what the module is, and stands by itself."""
    faults = []
    for path in files(root, ".py"):
        tree = syntax_tree(path)
        if path.relative_to(root).parts[0] in (*PACKAGES, "bench", "tests", "wsgi.py") and tree.body:
            why = _bad_first_line(ast.get_docstring(tree, clean=False) or "", package=path.name == "__init__.py")
            faults += [at(root, path, 1, why)] if why else []
    return faults


def _bad_first_line(text: str, *, package: bool) -> str:
    """What is wrong with a docstring's first line; nothing when it is good."""
    line, _, rest = text.partition("\n")
    word = re.split(r"[\W\d_]", line, maxsplit=1)[0]
    if len(line) > LONGEST_FIRST_LINE:
        return f"the first line has {len(line)} characters, {LONGEST_FIRST_LINE} at most"
    if not line.endswith(".") or rest.partition("\n")[0].strip():
        return "the first line is not there or runs on; end it there, and go on behind an empty line"
    if word.lower() in _NO_NOUN:
        return f"begins with '{word}', not with what the module is"
    if word.lower().endswith("ing") and not line.startswith((f"{word}:", f"{word} of ")):
        return f"begins with '{word}'; a noun, '{word}: …' or '{word} of …' says what the module is"
    if package and len(line.split()) < 4:
        return "a package says in four words or more what its modules are about"
    return ""


RULES: tuple[Rule, ...] = (
    forbidden_imports, admin_layers, apps_imported_at_the_door, size, names, sessions, clock, reckoned_days, colours,
    templates, left_overs, machine_paths, docstrings, first_lines,
)


def third_party(root: Path) -> dict[str, str]:
    """Top-level third-party modules the packages import, each with one place that does."""
    ours = {*PACKAGES, "wsgi", "tests", "bench", "__future__", *sys.stdlib_module_names}
    places: dict[str, str] = {}
    for path, module in _modules(root):
        for line, imported in imports(path, module):
            if (top := imported.partition(".")[0]) not in ours:
                places.setdefault(top, at(root, path, line, imported))
    return places


def _python(root: Path) -> list[Path]:
    return [path for path in files(root, ".py") if path.relative_to(root).parts[0] in (*PACKAGES, "wsgi.py")]


def _modules(root: Path) -> Iterator[tuple[Path, str]]:
    for path in _python(root):
        parts = path.relative_to(root).with_suffix("").parts
        yield path, ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _is_view(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "admin" and any(part == "views" or part.endswith("_views") for part in parts)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
