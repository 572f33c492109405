"""The catalogue of the centre's errors: every code that is told, with its status and its sentence.

One module a place where errors are met; `CATALOGUE` is all of them. Lowest of the centre's rooms: knows no store, no
web and nothing else of the centre.
"""

from __future__ import annotations

from admin.errors.pages import PAGES
from models.errors import ErrorTable

CATALOGUE: tuple[ErrorTable, ...] = (PAGES,)
