"""Errors in files of reference data: agencies, procedures, monthly counts of dossiers."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

#: The one kind of refusal of a file, by whether the file, its header or its lines are to be mended.
REFERENCE_FILES = ErrorTable(
    "import of agencies, procedures and dossiers",
    ErrorKind("bad_file", lazy("The file was not taken, nothing was changed. Mend it and import it again: %(errors)s")),
    ErrorKind(
        "bad_header",
        lazy("The file was not taken, nothing was changed. Mend it and import it again: %(errors)s"),
    ),
    ErrorKind("bad_line", lazy("The file was not taken, nothing was changed. Mend it and import it again: %(errors)s")),
)

#: What is wrong in one line (the header is line 1); several may stand in one refusal.
REFERENCE_LINES = ErrorTable(
    "lines of imported agencies, procedures and dossiers",
    ErrorKind("bad_file.too_large", lazy("the file is larger than 10 MB")),
    ErrorKind("bad_file.unreadable", lazy("the file cannot be read (%(reason)s)")),
    ErrorKind("bad_file.encoding", lazy("the text is not UTF-8; save the file as CSV UTF-8")),
    ErrorKind("bad_header.missing", lazy("missing columns: %(missing)s")),
    ErrorKind("bad_header.unknown", lazy("unknown columns: %(unknown)s")),
    ErrorKind("bad_header.missing_and_unknown", lazy("missing columns: %(missing)s; unknown columns: %(unknown)s")),
    ErrorKind("bad_header.doubled", lazy("one column stands there twice")),
    ErrorKind("bad_line.cells", lazy("number of cells: %(n)s, needed: %(needed)s")),
    ErrorKind("bad_line.control_character", lazy("there is a control character")),
    ErrorKind("bad_line.csv", lazy("it cannot be read: %(reason)s")),
    ErrorKind("bad_line.day", lazy("%(column)s: a day must be written like 2026-10-14")),
    ErrorKind("bad_line.key", lazy("key must be 1–40 letters, digits, dots or dashes (A-Z a-z 0-9 . _ -)")),
    ErrorKind("bad_line.no_name", lazy("name_vi is missing")),
    ErrorKind("bad_line.kind", lazy("unknown kind: %(kind)s")),
    ErrorKind("bad_line.parent", lazy("there is no agency %(parent)s above it")),
    ErrorKind("bad_line.scheme_and_code", lazy("scheme and code belong together")),
    ErrorKind("bad_line.ends_before", lazy("valid_to must be after valid_from")),
    ErrorKind("bad_line.doubled_key", lazy("this key stands already in line %(first)s")),
    ErrorKind("bad_line.circle", lazy("the agencies above make a circle, or more than %(most)s levels")),
    ErrorKind("bad_line.second_root", lazy("there is a highest agency already: %(root)s")),
    ErrorKind("bad_line.predecessor", lazy("there was no agency %(predecessor)s before it")),
    ErrorKind("bad_line.code_taken", lazy("code %(code)s overlaps in time with %(other)s")),
    ErrorKind("bad_line.no_code", lazy("code is missing")),
    ErrorKind("bad_line.doubled_code", lazy("this code stands already in line %(first)s")),
    ErrorKind("bad_line.too_many_procedures", lazy("too many procedures (at most %(most)s)")),
    ErrorKind("bad_line.agency", lazy("there is no agency %(agency)s")),
    ErrorKind("bad_line.month", lazy("month must be written like 2026-10")),
    ErrorKind("bad_line.stage", lazy("unknown stage: %(stage)s")),
    ErrorKind("bad_line.count", lazy("%(column)s must be a whole number, not below zero")),
    ErrorKind("bad_line.overdue", lazy("overdue is larger than closed")),
    ErrorKind("bad_line.overdue_and_complained", lazy("overdue_and_complained is larger than overdue or complained")),
)
