"""The page of one agency as rows of a file: exactly what the page shows."""

from __future__ import annotations

from collections.abc import Iterator

from admin.agencies.profile import Profile
from admin.cells import Cells
from admin.dashboard import file
from translations import gettext as _
from translations import ngettext


def rows(view: Profile, title: str) -> Iterator[Cells]:
    """The rows with their header."""
    yield file.head()
    yield from file.of_headline(view.head, title)
    for factor in view.compared:
        remark = f"{factor.direction} ({factor.words})" if factor.difference else ""
        yield file.line(_("Factor"), factor.name, factor.figure, remark, factor.difference)
    yield from file.of_parts(view.channels.rows, view.stages.rows, view.gap, view.ways)
    yield from file.of_rows(_("Procedure"), view.procedures.rows)
    if view.more_procedures:
        yield file.plain(_("Procedure"), more_procedures(view), value=str(view.more_procedures))


def more_procedures(view: Profile) -> str:
    """How many procedures without an index are not listed one by one."""
    n = view.more_procedures
    if view.procedures.rows:
        return ngettext(
            "and %(n)s other procedure with fewer than 30 answers",
            "and %(n)s other procedures with fewer than 30 answers", n,
        )  # fmt: skip
    return ngettext(
        "%(n)s procedure was rated, with fewer than 30 answers.",
        "%(n)s procedures were rated, none with 30 answers.", n,
    )  # fmt: skip
