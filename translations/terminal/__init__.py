"""Terminal: the language of commands, and commands that speak it.

`HAILONG_LANGUAGE` names the language by its code; without it, or with one there is not, commands speak Vietnamese.
`wsgi.py` sets it before a command runs. `groups` has the group of commands whose help and usage errors follow it.
"""

from __future__ import annotations

import os

import translations

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False
VARIABLE = "HAILONG_LANGUAGE"


def terminal_locale() -> str:
    """The code of the language the terminal's user wants: `HAILONG_LANGUAGE`, else the default language."""
    return translations.known_locale(os.environ.get(VARIABLE, "").strip())
