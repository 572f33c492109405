"""Errors of accounts and languages, as staff meet them on pages."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

PASSWORDS = ErrorTable(
    "choosing a password",
    ErrorKind("password_short", lazy("Please use at least %(n)s characters.")),
    ErrorKind("password_long", lazy("Please use at most %(n)s characters.")),
    ErrorKind("password_common", lazy("That is easily guessed. Please choose other words.")),
)
LANGUAGES = ErrorTable(
    "confirming or withdrawing a language",
    ErrorKind(
        "unknown_language", lazy("Perhaps the address was mistyped, or the page belongs to another agency. Nothing was "
                                 "changed."), 404, lazy("There is no such page"),
    ),
    ErrorKind("incomplete", lazy("This language is not complete yet."), 409),
    ErrorKind("always_offered", lazy("Vietnamese is always offered."), 409),
)  # fmt: skip
