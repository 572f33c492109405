"""The catalogue of the centre's errors: every code that is told, with its status and its sentence.

One module a place where errors are met; `CATALOGUE` is all of them. Lowest of the centre's rooms: knows no store, no
web and nothing else of the centre.
"""

from __future__ import annotations

from admin.error_catalogue.account_errors import LANGUAGES, PASSWORDS
from admin.error_catalogue.answer_file_errors import ANSWER_FILES
from admin.error_catalogue.any_command_errors import ANY_COMMAND, SETTINGS
from admin.error_catalogue.api_errors import OPEN_DATA, SLIPS_API
from admin.error_catalogue.command_errors import (
    ACCOUNTS,
    API_KEYS,
    BACKUPS,
    CARRIED_FILES,
    DEVICE_ACTS,
    FIGURES,
    KEYS,
    RECORDINGS,
    SIMULATIONS,
)
from admin.error_catalogue.device_errors import BATCHES, PAIRING, SYNC
from admin.error_catalogue.page_errors import PAGES
from admin.error_catalogue.phone_errors import PHONE
from admin.error_catalogue.reference_file_errors import REFERENCE_FILES, REFERENCE_LINES
from admin.error_catalogue.report_errors import FONTS, NOT_DRAWN, REPORTS
from admin.error_catalogue.store_address_errors import STORE_ADDRESS
from models.errors import ErrorTable

CATALOGUE: tuple[ErrorTable, ...] = (
    PAGES, PHONE, PASSWORDS, LANGUAGES, REFERENCE_FILES, REFERENCE_LINES, ANSWER_FILES, FONTS, NOT_DRAWN, REPORTS,
    SLIPS_API, OPEN_DATA, PAIRING, SYNC, BATCHES, ANY_COMMAND, SETTINGS, STORE_ADDRESS, BACKUPS, CARRIED_FILES,
    RECORDINGS, ACCOUNTS, FIGURES, SIMULATIONS, KEYS, DEVICE_ACTS,
    API_KEYS,
)  # fmt: skip
