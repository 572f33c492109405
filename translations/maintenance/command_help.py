"""The words of commands' help as messages: docstrings, `help=`, names of arguments, click's own words.

`translations.terminal.groups` translates them when they are shown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from translations.terminal.help_message_id import message_id

#: The modules of click whose words a command's user can meet.
CLICK = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
#: The file to which click's words are counted.
SHOWN_BY = Path("translations/terminal/groups.py")
#: What click translates without naming it where it does.
UNNAMED = ("required",)
#: What only a programmer meets.
_MISUSE = {"TypeError", "ValueError", "RuntimeError", "AttributeError"}
Message = str | tuple[str, str]


def list_command_messages(path: Path) -> Iterator[str]:
    """The messages of a module that declares commands: what is shown of them in `--help`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
            if any(_name(one) in ("command", "group") for one in calls) and (text := ast.get_docstring(node)):
                yield message_id(text)
        if isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_call(call: ast.Call) -> Iterator[str]:
    """The help, the name of the value and, of an argument, its own name."""
    texts = {one.arg: one.value.value for one in call.keywords
             if isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)}  # fmt: skip
    if _name(call) not in ("argument", "option", "command", "group"):
        return
    for name in ("help", "short_help"):
        if text := texts.get(name):
            yield message_id(text)
    if metavar := texts.get("metavar"):
        yield metavar
    elif _name(call) == "argument" and call.args and isinstance(call.args[0], ast.Constant):
        kind = next((one.value for one in call.keywords if one.arg == "type"), None)
        if not (isinstance(kind, ast.Call) and _name(kind) == "Choice"):  # of which the choices are shown
            yield str(call.args[0].value).upper()


def list_click_messages() -> Iterator[Message]:
    """click's own messages, as the installed version has them."""
    yield from UNNAMED
    package = find_spec("click")
    assert package is not None and package.origin is not None
    for name in CLICK:
        source = Path(package.origin).with_name(f"{name}.py").read_text(encoding="utf-8")
        yield from _calls(ast.parse(source))


def _calls(node: ast.AST) -> Iterator[Message]:
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc) in _MISUSE:
        return
    if isinstance(node, ast.Call) and _name(node) in ("_", "ngettext"):
        words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if words:
            yield words[0] if _name(node) == "_" else (words[0], words[1])
    for inner in ast.iter_child_nodes(node):
        yield from _calls(inner)


def _name(call: ast.Call) -> str:
    """The last name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
