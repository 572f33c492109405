"""Errors of papers: fonts, what keeps a report from being drawn, and from being issued."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

FONTS = ErrorTable(
    "fonts of papers",
    ErrorKind(
        "fonts_missing",
        lazy("The font folder %(folder)s has no file for the face '%(face)s'. Nothing was drawn. Put the four "
             "faces of one family there, or leave the setting empty."),
    ),
    ErrorKind(
        "fonts_unreadable",
        lazy("%(file)s cannot be read as a TrueType font. Nothing was drawn. Name another font folder."),
    ),
    ErrorKind(
        "fonts_incomplete",
        lazy("%(file)s lacks letters of Vietnamese: %(n)s. Nothing was drawn. Name another font folder."),
    ),
)

#: Why a report cannot be drawn, for the sentence of whoever asked for it.
NOT_DRAWN = ErrorTable(
    "drawing of a report",
    ErrorKind("fonts_missing", lazy("fonts: %(reason)s")),
    ErrorKind("fonts_unreadable", lazy("fonts: %(reason)s")),
    ErrorKind("fonts_incomplete", lazy("fonts: %(reason)s")),
    ErrorKind("report_not_drawn", "%(reason)s"),
    ErrorKind("report_not_drawn.letters", lazy("the font lacks: %(letters)s")),
    ErrorKind("report_not_drawn.too_long", lazy("the name or the receivers are longer than a page")),
    ErrorKind("report_not_drawn.abbreviation", lazy("the paper's short form (abbr) is too long")),
    ErrorKind("report_not_drawn.foot", lazy("the line at the foot of the page is too long")),
    ErrorKind("report_not_drawn.name", lazy("a name has a sign that cannot be used: %(reason)s")),
)

REPORTS = ErrorTable(
    "issuing of a report",
    ErrorKind(
        "month_open",
        lazy("This period is not over, its figures still change. Wait for its end, or look at it beforehand "
             "with --preview."),
    ),
    ErrorKind(
        "unknown_agency",
        lazy("There is no such agency. Look its key up in the file that was imported (column key)."),
    ),
    ErrorKind("bad_period", lazy("A period must be written like %(forms)s.")),
    ErrorKind(
        "period_incomplete",
        lazy("This agency's figures begin on %(day)s and do not hold all of the period. Nothing was issued. "
             "Choose a period that begins later, or look at it beforehand with --preview."),
    ),
    ErrorKind(
        "period_incomplete.no_answers",
        lazy("There is no answer yet, so there are no figures for this period. Nothing was issued."),
    ),
    ErrorKind("unknown_language", lazy("There are no reports in the language %(locale)s. There are: %(locales)s.")),
    ErrorKind("bad_output", lazy("%(output)s is a folder. After -o the name of a file is needed, like %(example)s.")),
    ErrorKind(
        "report_not_drawn",
        lazy("The report could not be drawn (%(reason)s). No report was issued, nothing was changed. Mend the "
             "agency's name or letterhead in the file of agencies, import it and run it again."),
    ),
    ErrorKind(
        "fonts_missing",
        lazy("The report could not be drawn (%(reason)s). No report was issued, nothing was changed. Mend the "
             "entry fonts in admin.cfg and run it again."),
    ),
    ErrorKind(
        "fonts_unreadable",
        lazy("The report could not be drawn (%(reason)s). No report was issued, nothing was changed. Mend the "
             "entry fonts in admin.cfg and run it again."),
    ),
    ErrorKind(
        "fonts_incomplete",
        lazy("The report could not be drawn (%(reason)s). No report was issued, nothing was changed. Mend the "
             "entry fonts in admin.cfg and run it again."),
    ),
    ErrorKind(
        "report_not_drawn.issued",
        lazy("The report %(code)s is issued but could not be drawn (%(reason)s); its frozen figures stand at "
             "/v/%(code)s. Mend the agency's letterhead, import it again and use --revise."),
    ),
    ErrorKind(
        "fonts_missing.issued",
        lazy("The report %(code)s is issued but could not be drawn (%(reason)s); its frozen figures stand at "
             "/v/%(code)s. Mend the agency's letterhead, import it again and use --revise."),
    ),
    ErrorKind(
        "fonts_unreadable.issued",
        lazy("The report %(code)s is issued but could not be drawn (%(reason)s); its frozen figures stand at "
             "/v/%(code)s. Mend the agency's letterhead, import it again and use --revise."),
    ),
    ErrorKind(
        "fonts_incomplete.issued",
        lazy("The report %(code)s is issued but could not be drawn (%(reason)s); its frozen figures stand at "
             "/v/%(code)s. Mend the agency's letterhead, import it again and use --revise."),
    ),
)
