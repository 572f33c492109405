"""Background jobs of the centre: sealing, projecting, recounting, dossier keys, reading ahead.

Between requests it seals phone answers that were left, projects entries that were accepted but not read (a crash in
between), gives waiting words to answers that have come, recounts what is stale, makes and destroys the keys of dossier
references. Each step is its own transaction. Then it reads what the province's page needs, so that whoever opens it
finds it in memory.
"""

from __future__ import annotations

import logging
import threading
import time

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from admin.api.slips import announced_slips
from admin.dashboard import overview
from admin.ledgers import centre_clock, recorded_slips
from admin.ledgers.signing_keys import Centre
from admin.presentation import headline, period_choice
from admin.responses import projection, sidecars
from admin.slips import slip_keys
from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.tallies import recount
from admin.survey import phone_drafts
from admin.web import layout
from models import clock
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.agency import Agency
from models.tables.device import Epoch
from models.tables.response import PhoneDraft

log = logging.getLogger(__name__)
EVERY_SECONDS = 30.0
#: Months whose hidden cells are worked out in one go; a large province takes seconds for each.
MONTHS_AT_ONCE = 2


def settle(database: Database, centre: Centre, now_ms: int) -> None:
    """Bring responses and tallies up to what was accepted by `now_ms` (the centre's clock).

    By a clock that may lie nothing is sealed, erased or destroyed; what was accepted is counted all the same."""
    with database.read() as session:
        reading = centre_clock.look(session, now_ms)
    if reading.doubt is None:
        _seal(database, centre, reading.ms)
    else:
        log.error("%s: nothing is sealed, erased or destroyed until the clock is right", reading.doubt.code)
    with database.read() as session:
        waiting = select(Epoch.device_id, Epoch.epoch).where(Epoch.projected_seq < Epoch.last_seq)
        unread = list(session.execute(waiting))
    for device, epoch in unread:
        try:
            _project(database, device, epoch)
        except Exception:  # one ledger that cannot be read must not keep the others waiting
            log.exception("projection of %s/%s stopped", device, epoch)
    with database.read() as session:
        ledgers = recorded_slips.unjudged(session)
    for device, epoch in ledgers:
        with database.write() as session:
            recorded_slips.judge(session, device, epoch)
    if reading.doubt is None:
        _tidy(database, reading.ms)
    with database.read() as session:
        pairs = recount.stale_pairs(session)
    for pair in pairs:
        try:
            with database.write() as session:
                recount.recount_pairs(session, [pair])
        except Exception:  # the same for one month of one agency
            log.exception("recount of %s stopped", pair)
    if reading.doubt is None:
        last = clock.months_before(clock.local_day(reading.ms)[:7], 1)
        suppression_store.work_off(database, last, most=MONTHS_AT_ONCE)


def _seal(database: Database, centre: Centre, now_ms: int) -> None:
    """Seal the phone answers that were left."""
    with database.read() as session:
        left = session.scalar(
            select(PhoneDraft.response_id).where(PhoneDraft.touched_ms <= now_ms - phone_drafts.IDLE_MS).limit(1)
        )
    if left is not None:
        with database.write() as session:
            phone_drafts.sweep(session, centre, now_ms)
            centre_clock.signed(session, now_ms)


def _tidy(database: Database, now_ms: int) -> None:
    """Give waiting words to their answers, forget what has served, make and destroy the keys of dossier references."""
    with database.read() as session:
        notes = sidecars.left_waiting(session, now_ms)
    if notes:
        with database.write() as session:
            sidecars.tidy(session, now_ms)
    with database.read() as session:
        lacking, old = slip_keys.missing(session, now_ms), slip_keys.outdated(session, now_ms)
        replies = announced_slips.outdated(session, now_ms)
    if replies:
        with database.write() as session:
            announced_slips.forget(session, now_ms)
    if lacking or old:
        try:
            with database.write() as session:
                slip_keys.make(session, now_ms)
                slip_keys.destroy(session, old, now_ms)
                if old:
                    centre_clock.signed(session, now_ms)
        except IntegrityError:
            log.info("another process made the month's key")


def remember(database: Database, target: str | None, now_ms: int) -> None:
    """Build the province's page of the last complete month as somebody will ask for it at `now_ms`, with the goal
    `target` (per cent): what it reads stays in this process's memory until it is counted anew."""
    as_of = layout.as_of(now_ms)
    with database.read() as session:
        province = session.scalars(select(Agency.key).where(Agency.kind == "province")).first()
        if province is None:
            return
        chosen = period_choice.choose(session, {}, as_of.month)
        asked = headline.ask(session, queries.scope_keys(session, province), chosen, target, as_of.ms)
        rows = overview.build(session, province, asked).rows
        queries.attention(session, province, chosen.period, asked.instrument, now_ms, rows)


def _project(database: Database, device: str, epoch: int) -> None:
    while True:
        with database.write() as session:
            read = projection.project(session, device, epoch)
        if read < projection.STEP:
            return


def beside(app: Flask) -> Flask:
    """The app, with the jobs running in a thread of this process."""
    threading.Thread(target=run_for_ever, args=(app,), daemon=True).start()
    return app


def run_for_ever(app: Flask) -> None:
    """Settle every half minute, in a thread of the server."""
    database, target = app.extensions["database"], app.extensions["settings"].target
    while True:
        try:
            remember(database, target, app.extensions["clock"]().t)
        except store_faults.FAILURES as error:  # pages read for themselves then
            _away("reading ahead", error)
        except Exception:
            log.exception("reading ahead")
        time.sleep(EVERY_SECONDS)
        settle_once(app)


def settle_once(app: Flask) -> None:
    """Settle, and tell `/healthz` whether it went well."""
    now, upkeep = app.extensions["clock"](), app.extensions["upkeep"]
    try:
        settle(app.extensions["database"], app.extensions["centre"], now.t)
    except store_faults.FAILURES as error:  # the next round tries again; the server goes on
        upkeep.failed(now)
        _away("upkeep", error)
    except Exception:
        upkeep.failed(now)
        log.exception("upkeep")
    else:
        upkeep.went_well()


def _away(what: str, error: Exception) -> None:
    """One line for a store that does not answer; only what nobody expects has its whole story told."""
    kind = store_faults.kind(error)
    log.error("%s waits for the store: %s", what, kind.value, exc_info=kind is StoreFault.OTHER)
