"""The shape of an error: a code of a table, values at their places, a sentence."""

from __future__ import annotations

import pytest

from models.errors import CodedError, ErrorKind, ErrorTable

PRINTER = ErrorTable(
    "the printer",
    ErrorKind("no_paper", "Nothing was printed. Put in paper.", 503, title="No paper"),
    ErrorKind("too_wide", "%(wide)d mm is wider than %(most)d mm.", command="print --narrow"),
)


class PrinterError(CodedError):
    table = PRINTER


def test_an_error_is_its_code_its_values_and_its_sentence() -> None:
    error = PrinterError("too_wide", wide=90, most=80)
    assert (error.code, error.values) == ("too_wide", {"wide": 90, "most": 80})
    assert str(error) == "90 mm is wider than 80 mm. print --narrow"
    assert PrinterError("no_paper").kind.message == "No paper. Nothing was printed. Put in paper."
    assert PrinterError("no_paper").kind.label == "HL-503"


def test_a_code_that_is_in_no_table_is_not_raised() -> None:
    with pytest.raises(KeyError):
        PrinterError("no_ink")


def test_a_code_stands_once_in_a_table() -> None:
    with pytest.raises(ValueError, match="the printer"):
        ErrorTable("the printer", ErrorKind("no_paper", "A."), ErrorKind("no_paper", "B."))
