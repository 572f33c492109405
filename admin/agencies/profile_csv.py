"""CSV rows of an agency's profile: exactly what the page shows."""

from __future__ import annotations

from collections.abc import Iterator

from admin.agencies.profile import Profile
from admin.devices.fleet import FleetSummary
from admin.presentation import figure_csv_rows
from admin.presentation.figure_csv_cells import Cells
from admin.statistics.queries import RunningCounts
from translations import gettext as _
from translations import ngettext


def build_profile_rows(
    view: Profile, title: str, devices: FleetSummary | None, counts: RunningCounts | None
) -> Iterator[Cells]:
    """The rows with their header; `devices` and `counts` only for those whose page shows them."""
    yield figure_csv_rows.make_header_row()
    yield from figure_csv_rows.make_headline_rows(view.head, title)
    for factor in view.compared:
        remark = f"{factor.direction} ({factor.words})".strip() if factor.difference else ""
        yield figure_csv_rows.make_figure_row(_("Factor"), factor.name, factor.figure, remark, factor.difference)
    if view.head.figure.index is not None:
        yield from figure_csv_rows.make_breakdown_rows(view.channels.rows, view.stages.rows, view.gap, view.ways)
    yield from figure_csv_rows.make_named_figure_rows(_("Procedure"), view.procedures.rows)
    if view.more_procedures:
        yield figure_csv_rows.make_non_figure_row(
            _("Procedure"), more_procedures(view), value=str(view.more_procedures)
        )
    yield from figure_csv_rows.make_running_rows(counts)
    if devices and devices.total:
        yield figure_csv_rows.make_non_figure_row(_("Devices"), _("in use"), value=str(devices.total))
        if devices.silent:
            yield figure_csv_rows.make_non_figure_row(
                _("Devices"), _("offline for more than 24 hours"), value=str(devices.silent)
            )
        yield figure_csv_rows.make_non_figure_row(
            _("Devices"), _("answers waiting to be sent"), value=str(devices.waiting)
        )


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
