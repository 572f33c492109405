"""The view of the fleet: every device of the reader's agencies."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from admin.auth import permissions
from admin.auth.permissions import READERS, guarded
from admin.devices import fleet as devices
from admin.statistics import queries
from admin.web import page_layout, request_context
from models.clock import local_day

blueprint = Blueprint("devices", __name__)


@blueprint.get("/devices")
@guarded(*READERS)
def fleet() -> ResponseReturnValue:
    """Every device of the reader's agencies, those that need somebody first; with today's answers of its desk."""
    with request_context.database().read() as session:
        scope, now_ms = permissions.visible_agency_keys(session), request_context.read_shown_ms(session)
        day = local_day(now_ms)
        lines = devices.list_fleet_devices(session, scope, now_ms)
        counts = devices.count_by_condition(lines)
        show = request.args.get("show", "")
        if show == "trouble":
            page_lines = [line for line in lines if line.condition not in devices.QUIET]
        elif show in devices.CONDITIONS:
            page_lines = [line for line in lines if line.condition == show]
        else:
            page_lines, show = lines, ""
        agency = request.args.get("agency", "")
        if agency:
            page_lines = [line for line in page_lines if line.agency_key == agency]
        return page_layout.draw_page(
            session, "devices/fleet.html", lines=page_lines, counts=counts, show=show, total=len(lines), now_ms=now_ms,
            today=queries.count_today_by_desk(session, scope, day),
            agency=agency if any(line.agency_key == agency for line in lines) else "",
        )
