"""The alert list of the dashboard: at most five lines, each with the address of the place to act.

It holds what needs somebody's attention this month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from admin.presentation import phrases
from admin.statistics.queries import MonthAlerts
from translations import gettext as _
from translations import ngettext

MOST = 5
#: Falling agencies named one by one; the list behind "lower" shows all.
_MOST_FALLS = 2


@dataclass(frozen=True)
class Alert:
    """One line: a sign, how pressing it is (`error` or `attention`), where to act, and the words."""

    sign: str
    tone: str
    address: str
    words: str
    note: str


def build_alerts(alerts: MonthAlerts, lower: int, period: str, to: Callable[..., str], *, devices: bool) -> list[Alert]:
    """The lines in order of urgency. `lower` counts agencies below the rest of the province; `to` makes addresses of
    endpoints; `devices` says whether the reader may open the fleet."""
    lines: list[Alert] = []
    for row, moved in alerts.falling[:_MOST_FALLS]:
        name, far = phrases.localize_text(row.name), phrases.describe_points(moved.difference)
        lines.append(
            Alert(
                "fell", "error", to("agencies.agency", key=row.key, period=period),
                _("%(name)s fell by %(points)s percentage points", name=name, points=far),
                _("%(index)s%%; beyond the margin of error (n = %(n)s)",
                  index=phrases.describe_index(row.figure), n=phrases.describe_count(row.figure)),
            )
        )  # fmt: skip
    if alerts.silent and devices:
        lines.append(
            Alert(
                "device", "attention", to("devices.fleet", show="silent"),
                ngettext("%(n)s device offline for more than 24 hours",
                         "%(n)s devices offline for more than 24 hours", len(alerts.silent)),
                ngettext("%(n)s answer waits on the device, as it last said",
                         "%(n)s answers wait on the devices, as they last said", alerts.waiting)
                if alerts.waiting else _("no answers waiting, as far as known"),
            )
        )  # fmt: skip
    if lower:
        lines.append(
            Alert(
                "low", "attention", to("agencies.catalogue", show="lower", period=period),
                ngettext("%(n)s agency lower than the province", "%(n)s agencies lower than the province", lower),
                _("beyond the margin of error"),
            )
        )
    if alerts.without_answers:
        names = [phrases.localize_text(row.name) for row in alerts.without_answers]
        lines.append(
            Alert(
                "eye", "attention", to("agencies.catalogue", show="none", period=period),
                ngettext("%(n)s agency without any answer", "%(n)s agencies without any answer", len(names)),
                phrases.join_names(names, 2),
            )
        )
    return lines[:MOST]
