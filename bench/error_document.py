"""The list of error codes: `docs/errors.md`, written from the catalogues of desk and centre.

`python3 wsgi.py docs`; a test compares the file with what the catalogues give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import admin.error_catalogue
import kiosk.error_catalogue
from models.errors import ErrorTable
from translations.maintenance import error_list

#: The catalogues, by the package whose errors they are.
CATALOGUES: Mapping[str, Iterable[ErrorTable]] = {
    "kiosk": kiosk.error_catalogue.CATALOGUE,
    "admin": admin.error_catalogue.CATALOGUE,
}

if __name__ == "__main__":
    error_list.write_document(CATALOGUES)
