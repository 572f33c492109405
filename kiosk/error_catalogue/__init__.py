"""The catalogue of the desk's errors: every code that is told, with its status and its sentence.

One module a place where errors are met; `CATALOGUE` is all of them. Lowest of the desk's rooms: knows no store, no web
and nothing else of the desk.
"""

from __future__ import annotations

from kiosk.error_catalogue.carried_file_errors import EXPORT, RECEIPTS, SALVAGE
from kiosk.error_catalogue.command_errors import (
    ANY_COMMAND,
    BUNDLE,
    DRILL,
    PIN,
    SERVE,
    STATUS,
    STORE,
    SYNC,
    SYNC_CLOSED,
)
from kiosk.error_catalogue.page_errors import PAGES, PAUSES
from kiosk.error_catalogue.pairing_errors import ADDRESS, PAIRING
from kiosk.error_catalogue.slip_api_errors import SLIP_API
from kiosk.error_catalogue.slip_errors import PRINTER, SLIP
from models.errors import ErrorTable

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False

CATALOGUE: tuple[ErrorTable, ...] = (
    PAGES, PAUSES, SLIP_API, STORE, ANY_COMMAND, STATUS, SERVE, PAIRING, ADDRESS, SYNC, SYNC_CLOSED, EXPORT, RECEIPTS,
    SALVAGE, SLIP, PRINTER, PIN, DRILL, BUNDLE,
)  # fmt: skip
