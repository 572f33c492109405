"""Errors in files of answers, paper forms and other offices' tables: file, header, mapping, line."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

#: Why a file cannot be read as a table of forms at all.
_FILES = (
    ErrorKind(
        "not_text",
        lazy("The file is neither CSV nor Excel (.xlsx). Open it in Excel and save it as CSV UTF-8."),
    ),
    ErrorKind(
        "bad_encoding",
        lazy("The text cannot be read as %(encoding)s. Save the file as CSV UTF-8, or name its encoding in the "
             "mapping file."),
    ),
    ErrorKind("bad_mapping.encoding", lazy("There is no encoding %(encoding)s.")),
    ErrorKind("too_many_columns", lazy("The line has more than %(most)s columns.")),
    ErrorKind(
        "bad_csv",
        lazy("It cannot be read from this line on: a quotation mark is opened and never closed, or a cell is "
             "too long (%(reason)s)."),
    ),
    ErrorKind("file_too_large", lazy("The file has %(size)s MB, at most 10 MB are taken. Split it by month.")),
    ErrorKind("unreadable", lazy("The file cannot be read (%(reason)s).")),
    ErrorKind("empty_file", lazy("The file is empty.")),
    ErrorKind("empty_file.excel", lazy("The Excel file has no lines.")),
    ErrorKind("empty_file.header_alone", lazy("There is no form below the line with the columns' names.")),
    ErrorKind(
        "old_excel",
        lazy("The file is of an old Excel (.xls) or has a password. Open it in Excel, take the password away, "
             "save it as .xlsx."),
    ),
    ErrorKind(
        "old_excel.password",
        lazy("The file has a password. Take it away, save the file as .xlsx and import it again."),
    ),
    ErrorKind(
        "broken_file",
        lazy("The Excel file is damaged or was not loaded to its end. Open it in Excel, save it as .xlsx and "
             "import it again. (%(reason)s)"),
    ),
    ErrorKind(
        "unpacks_too_large",
        lazy("The Excel file is too large once it is opened. Copy the table of answers alone into a new file."),
    ),
    ErrorKind("zipped", lazy("This is a .zip archive. Unpack it and import the table inside.")),
    ErrorKind("not_excel", lazy("The file is not Excel (.xlsx). Save it as .xlsx or CSV UTF-8.")),
    ErrorKind("unsafe_file", lazy("The Excel file holds a strange declaration, so it was not opened.")),
    ErrorKind("no_sheet", lazy("There is no sheet %(sheet)s. There are: %(sheets)s.")),
    ErrorKind(
        "too_many_lines",
        lazy("The file has more than 100,000 lines. Split it by month and import one after the other."),
    ),
    ErrorKind(
        "unknown_agency",
        lazy("There is no such agency. Look its key up in the file that was imported (column key)."),
    ),
    ErrorKind("unknown_instrument", lazy("There is no questionnaire %(instrument)s.")),
    ErrorKind("bad_month", lazy("--month must be a month that has begun, written like 2026-10.")),
)

#: What is wrong with its header; all of it stands under the code `bad_header`.
_HEADERS = (
    ErrorKind("bad_header", "%(errors)s"),
    ErrorKind(
        "no_header",
        lazy("The column has no name but has data (line %(first)s). Undo merged cells in the first line and "
             "write the column's name."),
    ),
    ErrorKind("two_targets", lazy("The mapping file calls %(header)s all of these: %(targets)s.")),
    ErrorKind(
        "unknown_column",
        lazy("The column %(header)s is not known. Write it in the mapping file, under columns or ignore."),
    ),
    ErrorKind("no_items", lazy("No column is a question. Columns must be called %(items)s, or --mapping is needed.")),
    ErrorKind(
        "unknown_item",
        lazy("The mapping file calls %(header)s %(target)s; the questionnaire has no such question."),
    ),
    ErrorKind(
        "doubled_column",
        lazy("Column %(first)s and column %(second)s are both %(target)s. Keep one, leave the other out."),
    ),
)

#: What is wrong with the mapping file.
_MAPPINGS = (
    ErrorKind("bad_mapping.too_large", lazy("The mapping file cannot be used yet. It is too large.")),
    ErrorKind(
        "bad_mapping.unreadable",
        lazy("The mapping file cannot be used yet. It cannot be read (%(reason)s). There are ready-made ones: "
             "%(shipped)s."),
    ),
    ErrorKind(
        "bad_mapping.not_a_document",
        lazy("The mapping file cannot be used yet. It is not proper TOML or JSON (%(reason)s)."),
    ),
    ErrorKind(
        "bad_mapping.not_a_table",
        lazy("The mapping file cannot be used yet. The entries columns, ignore, answers are needed."),
    ),
    ErrorKind("bad_mapping.unknown_entry", lazy("The mapping file cannot be used yet. Unknown entries: %(names)s.")),
    ErrorKind("bad_mapping.table", lazy("The mapping file cannot be used yet. %(name)s must be a table.")),
    ErrorKind("bad_mapping.text", lazy("The mapping file cannot be used yet. %(name)s must be text.")),
    ErrorKind(
        "bad_mapping.ignore",
        lazy("The mapping file cannot be used yet. ignore must be a list of columns' names."),
    ),
    ErrorKind("bad_mapping.dates", lazy("The mapping file cannot be used yet. dates must be %(first)s or %(second)s.")),
    ErrorKind("bad_mapping.value", lazy("The mapping file cannot be used yet. %(name)s, %(words)s: text is needed.")),
    ErrorKind(
        "bad_mapping.stage",
        lazy("The mapping file cannot be used yet. stages, %(words)s: %(stage)s is none of %(stages)s."),
    ),
    ErrorKind(
        "bad_mapping.score",
        lazy("The mapping file cannot be used yet. answers, %(words)s: a number from 0 to 5 is needed."),
    ),
)

#: What is wrong with one line or one cell.
_FORMS = (
    ErrorKind("extra_cells", lazy("There are cells beyond the columns with names. Look at what parts the cells.")),
    ErrorKind("formula", lazy("The cell is the formula %(cell)s. Copy it and paste it back as a value.")),
    ErrorKind("no_answer", lazy("There is no answer at all.")),
    ErrorKind("no_answer.overall", lazy("The answer to %(item)s is missing; a form without it cannot be counted.")),
    ErrorKind("no_date", lazy("There is no day of the answer. Add --month, for example --month 2026-10.")),
    ErrorKind("future", lazy("The day of the answer, %(day)s, has not come yet.")),
    ErrorKind("agency_not_there", lazy("The agency was not there yet, or no longer, on %(day)s.")),
    ErrorKind("doubled_id", lazy("This id stands already in line %(first)s.")),
    ErrorKind("bad_id", lazy("The id is longer than %(most)s characters.")),
    ErrorKind("bad_date", lazy("%(cell)s is not a day written %(dates)s or 2026-10-14.")),
    ErrorKind("long_comment", lazy("The comment is too long: %(n)s characters, at most %(most)s.")),
    ErrorKind("unknown_stage", lazy("%(cell)s is not known. Write it in the mapping file, under %(table)s.")),
    ErrorKind("unknown_desk", lazy("%(cell)s is not known. Write it in the mapping file, under %(table)s.")),
    ErrorKind("unknown_procedure", lazy("%(cell)s is not known. Write it in the mapping file, under %(table)s.")),
    ErrorKind("bad_answer", lazy("%(cell)s is not an answer to this question.")),
    ErrorKind("unknown_topic", lazy("%(cell)s is not known; topics of the questionnaire are needed.")),
    ErrorKind(
        "id_taken",
        lazy("This id was imported with other answers. The form that is there stays as it is; change the id or "
             "leave the line out."),
    ),
)

ANSWER_FILES = ErrorTable("import of answers", *_FILES, *_HEADERS, *_MAPPINGS, *_FORMS)
