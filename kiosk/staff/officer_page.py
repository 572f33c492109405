"""The officer's page on the desk's PC: what the next ratings are about, slips to hand out, no rating.

Behind the staff's PIN, with a session of its own. It names procedure and stage for the taps that follow
(`kiosk.desk.rating_context` reads them), mints slips without a network (tied to their dossier, if its code is given, by
a keyed reference alone), and shows how many rated today only when there are enough of them that nobody can be picked
out; never a score. Whoever is signed in here is given no faces (`kiosk.tablet.page_guards`).
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask import Blueprint, Response, abort, current_app, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from kiosk.auth.sessions import OFFICER
from kiosk.desk import clock_reading, device_key, dossier_reference, kept_ratings, ledger, state
from kiosk.desk import rating_context as now_serving
from kiosk.desk.reference import Procedure, Reference
from kiosk.slips import minting
from kiosk.slips.printer import PATIENCE
from kiosk.staff import clock_text, print_jobs, print_text
from kiosk.staff.login import (
    render_pin_page,
    request_session_left_ms,
    require_session,
    session_seal,
    sign_out_to,
    try_pin,
)
from kiosk.tablet.page_guards import require_current_desk
from kiosk.web.page_layout import page_url, render_page
from kiosk.web.request_context import current_database, current_moment, current_settings
from models import ids
from models.clock import DAY_MS, Moment, day_start, local_day
from models.protocol import sidecar, slip, slip_typed_code
from models.protocol.dossier_code import BadDossierCode
from models.protocol.entry_chain import parse_trusted_entry
from models.tables.desk_store import MintedSlip
from models.tables.ledger_entry import StoredEntry
from models.vocabulary import Stage
from translations import current_locale, lazy
from translations.collation import unmarked

blueprint = Blueprint("officer", __name__, url_prefix="/officer")
HOME = "officer.page"
#: Fewer ratings of a day than this are not counted out to anybody.
PRIVATE_BELOW = 30
#: How many procedures the page lists at once; the search narrows them.
LISTED = 200
PAPERS = {"80": "80 mm", "58": "58 mm", "a5": "A5", "a4": "A4"}
STAGES = {
    Stage.SUBMISSION: lazy("Handing in a dossier"),
    Stage.SUPPLEMENT: lazy("Completing a dossier"),
    Stage.REFUSAL: lazy("Dossier refused"),
    Stage.RESULT: lazy("Receiving the result"),
    Stage.GUIDANCE: lazy("Guidance"),
}
STAGE_VALUES = frozenset(stage.value for stage in Stage)
FAULTS = {
    "stage": lazy("Please choose a stage. No slip was made."),
    "procedure": lazy("That procedure is not in the centre's list. Nothing was changed."),
    "due": lazy("The day the result is due must be today or later. No slip was made."),
    "dossier": lazy("The dossier code is in none of the known formats. Nothing was changed and no slip was made."),
    "withdrawn": lazy(
        "The centre takes nothing from this device: its slips would not work. No slip was made (HL-403)."
    ),
    "unpaired": lazy("No slip can be made on this machine now: see the staff page."),
    "no_key": lazy("This month's key for dossiers has not come yet. Leave the dossier code empty; nothing was done."),
}


@blueprint.get("")
def page() -> str:
    """The officer's page, or its door."""
    if not request_session_left_ms(OFFICER):
        return render_pin_page(OFFICER)
    now, desk = current_moment(), require_current_desk()
    with current_database().read() as session:
        serving = now_serving.read_context(session, now)
        counts = count_today(session, now)
        waits = now_serving.find_waiting_dossier(session, now) is not None
        reading = clock_reading.read_clock(session, now)
        clock = clock_text.make_clock_warning(reading, kept_ratings.assess_safety(session, current_settings()), now)
    search_text = request.args.get("q", "")[:80]
    procedures = search_procedures(desk, search_text)
    chosen = desk.procedure(serving.procedure) if serving.procedure else None
    return render_page(
        "staff/officer.html",
        desk,
        asked=search_text,
        found=procedures[:LISTED],
        more=max(0, len(procedures) - LISTED),
        serving=serving,
        chosen=chosen,
        stages=STAGES,
        counts=counts,
        minimum=PRIVATE_BELOW,
        today=date.fromisoformat(reading.day),
        clock=clock,
        undated=reading.undated,
        dossier_waits=waits,
        wrong=request.args.get("fault", ""),
        fault=FAULTS.get(request.args.get("fault", "")),
        done="done" in request.args,
        seal=session_seal(),
    )


@blueprint.post("/pin")
def enter() -> Redirect:
    """A key of the keypad, or the PIN."""
    return try_pin(OFFICER, HOME)


@blueprint.post("/lock")
def lock() -> Redirect:
    """End the session."""
    return sign_out_to(page_url(HOME))


@blueprint.post("/serving")
@require_session(OFFICER, HOME)
def serving() -> Redirect:
    """Name procedure and stage for the ratings that follow, until changed or until the day ends; and the dossier that
    the next rating alone is about."""
    now, code, stage = current_moment(), request.form.get("procedure", ""), request.form.get("stage", "")
    if code and require_current_desk().procedure(code) is None:
        return redirect(page_url(HOME, fault="procedure"), 303)
    known_stage = stage if stage in STAGE_VALUES else ""
    try:
        with current_database().read() as session:
            references = _dossier(require_current_desk(), known_stage, clock_reading.read_clock(session, now).day) or ""
    except _Fault as error:
        return redirect(page_url(HOME, fault=error.code), 303)
    with current_database().write() as session:
        state.write_state(session, serving_procedure=code, serving_stage=Stage(known_stage) if known_stage else None,
                    serving_day=local_day(now.t), serving_dossier=references, serving_dossier_ms=now.t)  # fmt: skip
    return redirect(page_url(HOME, done=1), 303)


@blueprint.post("/slip")
@require_session(OFFICER, HOME)
def mint() -> Redirect:
    """Mint one slip and show it."""
    now, stage = current_moment(), request.form.get("stage", "")
    if stage not in STAGE_VALUES:
        return redirect(page_url(HOME, fault="stage"), 303)
    due, id = request.form.get("due", "").strip(), ids.new_id(now.t)
    try:
        with current_database().read() as session:
            text = _dossier(require_current_desk(), stage, clock_reading.read_clock(session, now).day)
    except _Fault as error:
        return redirect(page_url(HOME, fault=error.code), 303)
    try:
        with current_database().write() as session:
            days = minting.days_until_due(session, now, _day(due)) if due else None
            new_slip = minting.mint_slip(
                session,
                device_key.load_device_key(current_settings().key_file),
                now,
                stage=Stage(stage),
                procedure=request.form.get("procedure") or None,
                due_days=days,
                id=id,
                tie=sidecar.make_opening(id, "r", text) if text else None,
            )
    except minting.UnknownProcedure:
        return redirect(page_url(HOME, fault="procedure"), 303)
    except minting.DeviceWithdrawn:
        return redirect(page_url(HOME, fault="withdrawn"), 303)
    except (ledger.NotPaired, device_key.KeyUnusable):
        return redirect(page_url(HOME, fault="unpaired"), 303)
    except ValueError:
        return redirect(page_url(HOME, fault="due"), 303)
    return redirect(page_url("officer.slip_page", serial=new_slip.serial), 303)


@blueprint.get("/slip/<int:serial>")
def slip_page(serial: int) -> str | Redirect:
    """The slip just minted: its QR for the screen, its picture for the printer."""
    if not request_session_left_ms(OFFICER):
        return render_pin_page(OFFICER)
    new_slip = _newest(serial)
    if new_slip is None:
        return redirect(page_url(HOME), 303)
    paper = request.args.get("paper", "80")
    now, due = current_moment(), None
    with current_database().read() as session:
        newest = print_jobs.read_print(session, new_slip.epoch, serial)
        began = clock_text.format_time_or_day(newest.t, clock_reading.read_clock(session, now))
    if new_slip.due_days is not None and new_slip.minted_ms:
        due = date.fromisoformat(local_day(new_slip.minted_ms)) + timedelta(days=new_slip.due_days)
    return render_page(
        "staff/slip.html",
        require_current_desk(),
        made=new_slip,
        due=due,
        stage=STAGES[new_slip.stage],
        typed=slip_typed_code.group_code(new_slip.code) if new_slip.code else None,
        paper=paper if paper in PAPERS else "80",
        papers=PAPERS,
        here=page_url("officer.slip_page", serial=serial, paper=paper if paper in PAPERS else "80"),
        newest=newest,
        said=print_text.describe_print(newest, began),
        printer=current_settings().printer,
        seal=session_seal(),
    )


@blueprint.post("/slip/<int:serial>/print")
@require_session(OFFICER, HOME)
def print_slip(serial: int) -> Redirect:
    """Send the slip just minted to the desk's printer, once for each number that a page asks for; what became of it
    stands on the slip's page."""
    from kiosk.slips import slip_paper_formats

    own, new_slip, number = current_settings(), _newest(serial), request.form.get("number", "")
    if new_slip is None or not own.printer or not (number.isascii() and number.isdecimal() and len(number) < 7):
        return redirect(page_url("officer.slip_page", serial=serial), 303)
    data = slip_paper_formats.render_slips([new_slip], require_current_desk(), own.printer_paper, "escpos")
    with current_database().write() as session:
        begun = print_jobs.begin_print(session, new_slip.epoch, serial, int(number), current_moment())
    if begun:
        patience = current_app.extensions.get("printer_patience", PATIENCE)
        job = print_jobs.start_printing(
            current_database(), data, own.printer, new_slip.epoch, serial, int(number), patience
        )
        current_app.extensions["printing"] = job
    return redirect(page_url("officer.slip_page", serial=serial), 303)


@blueprint.get("/slip/<int:serial>.png")
def slip_png(serial: int) -> Response:
    """The picture of the slip just minted, one bit a dot, as the desk's printer draws it: a roll, or the block for the
    corner of an A5 form."""
    from kiosk.slips import slip_paper_formats

    new_slip = _newest(serial) if request_session_left_ms(OFFICER) else None
    if new_slip is None:
        abort(404)
    paper = request.args.get("paper", "")
    picture = slip_paper_formats.render_slips(
        [new_slip], require_current_desk(), paper if paper in PAPERS else "80", "png"
    )
    return Response(picture, mimetype="image/png")


@blueprint.get("/slip/<int:serial>.svg")
def slip_svg(serial: int) -> Response:
    """The QR of the slip just minted."""
    from kiosk.slips.slip_image import qr_svg

    new_slip = _newest(serial) if request_session_left_ms(OFFICER) else None
    if new_slip is None:
        abort(404)
    return Response(qr_svg(new_slip.url), mimetype="image/svg+xml")


def count_today(session: Session, now: Moment) -> tuple[int, int] | None:
    """How many rated on this tablet today and how many slips were minted; None below the privacy minimum. Neither
    practice nor who did not want to rate is counted."""
    identity = state.read_state(session).identity
    if identity is None:
        return None
    start, ratings = day_start(local_day(now.t)), 0
    rows = session.execute(
        select(StoredEntry.bytes)
        .where(StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch)
        .where(StoredEntry.typ == "rating")
        .order_by(StoredEntry.seq.desc())
        .execution_options(yield_per=200)
    )
    for (raw,) in rows:
        entry = parse_trusted_entry(raw)
        if entry.t < start - DAY_MS:  # older ones follow; a clock that stepped does not end the count
            break
        if entry.t >= start and entry.p.get("answers") and not entry.p.get("drill"):
            ratings += 1
    if ratings < PRIVATE_BELOW:
        return None
    tokens = session.scalars(
        select(MintedSlip.token).where(MintedSlip.epoch == identity.epoch).order_by(MintedSlip.serial.desc())
    )
    minted, start = 0, day_start(clock_reading.read_clock(session, now).day)
    for token in tokens:
        if 0 < slip.parse(token)[0].minted_ms < start:  # one without a date is among those around it
            break
        minted += 1
    return ratings, minted


def search_procedures(desk: Reference, search_text: str) -> list[Procedure]:
    """The procedures in whose code or name every word of `search_text` occurs, with or without accents."""
    words = unmarked(search_text).split()
    locale = current_locale()
    return [
        row for row in desk.procedures
        if all(word in unmarked(f"{row.code} {row.name.text('vi')} {row.name.text(locale)}") for word in words)
    ]  # fmt: skip


class _Fault(Exception):
    """Something was not done; `code` says why (`FAULTS`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _dossier(desk: Reference, stage: str, day: str) -> str | None:
    """The keyed references to the dossier that was typed; None where none was. Raises `_Fault`."""
    code = request.form.get("dossier", "").strip()
    if not code:
        return None
    if stage not in STAGE_VALUES:
        raise _Fault("stage")
    try:
        references = dossier_reference.make_references(desk, code, Stage(stage), day)
    except BadDossierCode:
        raise _Fault("dossier") from None
    if references is None:
        raise _Fault("no_key")
    return references


def _day(text: str) -> date:
    """A day as people write it here (30/11/2026, 30.11.26), or as software does (2026-11-30). ValueError."""
    read = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})", text, re.ASCII)
    if read:
        day, month, year = (int(part) for part in read.groups())
        return date(year if year > 99 else 2000 + year, month, day)
    return date.fromisoformat(text)


def _newest(serial: int) -> minting.PrintableSlip | None:
    """The slip with this serial if it is the last one minted: older ones are with the people they were given to."""
    with current_database().read() as session:
        return minting.find_last_slip(session, serial)
