"""Background jobs of the centre: sealing, projecting, recounting, dossier keys, reading ahead.

Between requests it seals phone answers that were left, projects entries that were accepted but not read (a crash in
between), gives waiting words to answers that have come, recounts what is stale, releases the words that may be read
by now, makes and destroys the keys of dossier references. Each step is its own transaction, and is done though another
failed. Then it reads what the province's page needs, so that whoever opens it finds it in memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from admin.api.slips import announced_slips
from admin.auth import sessions
from admin.comments import release
from admin.dashboard import overview
from admin.ledgers import centre_clock, slip_ledger_check
from admin.ledgers.centre_key_register import RECORDERS
from admin.ledgers.signing_keys import CentreKeys
from admin.presentation import headline, period_choice
from admin.responses import failure_isolation, projection, sidecars, transaction_settlement
from admin.slips import code_and_dossier_keys, dossier_key_destruction
from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.tallies import recount
from admin.survey import phone_drafts
from admin.web import request_context
from models import clock
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.agency import Agency
from models.tables.device import Epoch

log = logging.getLogger(__name__)
EVERY_SECONDS = 30.0
#: Between two lots of what is forgotten: who waits to write has his turn, which a lock alone gives to nobody.
BETWEEN_LOTS = 0.01
#: Months whose hidden cells are worked out in one go; a large province takes seconds for each.
MONTHS_AT_ONCE = 2


class _JobRound:
    """One round of the jobs: what fails does not keep the rest from being done, and is told at its end."""

    def __init__(self) -> None:
        self.failed: Exception | None = None

    def do(self, step_name: str, work: Callable[[], object]) -> None:
        """Do one step; `step_name` names it in the log."""
        try:
            work()
        except Exception as error:
            self.failed = self.failed or error
            _log_failure(step_name, error)

    def each(self, step_name: str, some: Iterable[Any], work: Callable[[Any], object]) -> None:
        """Do a step for each of `some`. Of those that fail only the first has its whole story told; and where that is
        because of what one says itself, it is only told in the log: nobody makes the whole centre look ill."""
        failures = 0
        for one in some:
            try:
                work(one)
            except Exception as error:
                failures += 1
                if not failure_isolation.is_own_failure(error):
                    self.failed = self.failed or error
                if failures == 1:
                    _log_failure(f"{step_name} of {one}", error)
        if failures > 1:
            log.error("%s: %d more failed", step_name, failures - 1)


def update_responses_and_tallies(database: Database, centre: CentreKeys, now_ms: int) -> None:
    """Bring responses and tallies up to what was accepted by `now_ms` (the centre's clock).

    By a clock that may lie nothing is sealed, erased or destroyed; what was accepted is counted all the same. Each step
    is done whatever became of the others; then the first failure of the store, or of a whole step, is raised."""
    with database.read() as session:
        reading = centre_clock.read_clock(session, now_ms)
    doubt, now_ms = reading.doubt, reading.ms
    by_the_clock = doubt is None
    done = _JobRound()
    if by_the_clock:
        done.do("sealing", lambda: _seal_idle_drafts(done, database, centre, now_ms))
    if doubt is not None:
        log.error("%s: nothing is sealed, erased or destroyed until the clock is right", doubt.code)
    done.do(
        "projection",
        lambda: done.each("projection", _list_unprojected_ledgers(database), lambda one: _project(database, *one)),
    )
    done.do("recorded slips", lambda: _judge_slips(done, database))
    if by_the_clock:
        _do_housekeeping(done, database, now_ms)
    done.do("recount", lambda: _recount_stale(done, database))
    if by_the_clock:
        done.do("words to read", lambda: release.release_due_words(database, centre.page_key, now_ms))
    if by_the_clock:
        last = clock.months_before(clock.local_day(now_ms)[:7], 1)
        done.do("hiding", lambda: suppression_store.compute_waiting_months(database, last, most=MONTHS_AT_ONCE))
    if done.failed is not None:
        raise done.failed


def _seal_idle_drafts(done: _JobRound, database: Database, centre: CentreKeys, now_ms: int) -> None:
    """Seal the phone answers that were left, each by itself: what one says must not keep another from being counted."""
    with database.read() as session:
        left = phone_drafts.find_idle_drafts(session, now_ms)
        reference = projection.load_reference_data(session) if left else None

    def seal(id: str) -> None:
        with database.write() as session:
            assert reference is not None
            phone_drafts.seal_idle_draft(session, centre, id, now_ms, reference)
            centre_clock.record_signed_time(session, now_ms)

    done.each("sealing", left, seal)


def _list_unprojected_ledgers(database: Database) -> list[tuple[str, int]]:
    """The ledgers with entries that were not projected."""
    with database.read() as session:
        waiting = select(Epoch.device_id, Epoch.epoch).where(Epoch.projected_seq < Epoch.last_seq)
        return [(device, epoch) for device, epoch in session.execute(waiting)]


def _judge_slips(done: _JobRound, database: Database) -> None:
    """Say of used slips whether their ledgers hold them, as far as these have come."""
    with database.read() as session:
        ledgers = slip_ledger_check.list_unchecked_ledgers(session)

    def judge(ledger: tuple[str, int]) -> None:
        with database.write() as session:
            slip_ledger_check.check_used_slips(session, *ledger)

    done.each("recorded slips", ledgers, judge)


def _recount_stale(done: _JobRound, database: Database) -> None:
    """Count anew what is stale, each month of each agency by itself."""
    with database.read() as session:
        pairs = recount.find_stale_pairs(session)

    def count(pair: tuple[str, str]) -> None:
        with database.write() as session:
            recount.recount_pairs(session, [pair])

    done.each("recount", pairs, count)


def _do_housekeeping(done: _JobRound, database: Database, now_ms: int) -> None:
    """Give waiting words to their answers, forget what has served, make and destroy the keys of dossier references."""
    done.do("words", lambda: _give_words(database, now_ms))
    done.do("announced slips", lambda: _forget_replies(database, now_ms))
    done.do("month keys", lambda: _make_keys(database, now_ms))
    done.do("old month keys", lambda: _destroy_keys(database, now_ms))


def _give_words(database: Database, now_ms: int) -> None:
    with database.read() as session:
        notes = sidecars.find_finished_notes(session, now_ms)
    if notes:
        with database.write() as session:
            sidecars.attach_and_expire_notes(session, now_ms)


def _forget_replies(database: Database, now_ms: int) -> None:
    with database.read() as session:
        replies = announced_slips.has_outdated_replies(session, now_ms)
    if replies:
        with database.write() as session:
            announced_slips.erase_outdated_replies(session, now_ms)


def _make_keys(database: Database, now_ms: int) -> None:
    with database.read() as session:
        lacking = code_and_dossier_keys.is_key_missing(session, now_ms)
    if lacking:
        try:
            with database.write() as session:
                code_and_dossier_keys.make_missing_keys(session, now_ms)
        except IntegrityError:
            log.info("another process made the month's key")


def _destroy_keys(database: Database, now_ms: int) -> None:
    """Destroy the keys that have served, and forget lot by lot what was kept under them, also where somebody was cut
    off doing so. Others join answers by the references that go: they are kept off meanwhile, but not in between."""
    with database.read() as session:
        old, left = (
            code_and_dossier_keys.find_outdated_months(session, now_ms),
            dossier_key_destruction.is_erasure_pending(session),
        )
    if old:
        with database.write() as session:
            transaction_settlement.lock_all_agencies(session)
            dossier_key_destruction.destroy_month_keys(
                session, code_and_dossier_keys.find_outdated_months(session, now_ms), now_ms
            )
            centre_clock.record_signed_time(session, now_ms)
    while old or left:
        time.sleep(BETWEEN_LOTS)
        with database.write() as session:
            transaction_settlement.lock_all_agencies(session)
            old, left = [], dossier_key_destruction.erase_lot(session, now_ms)


def prepare_province_page(database: Database, target: str | None, now_ms: int) -> None:
    """Build the province's page of the last complete month as somebody will ask for it at `now_ms`, with the goal
    `target` (per cent): what it reads stays in this process's memory until it is counted anew."""
    as_of = request_context.find_complete_figures(now_ms)
    with database.read() as session:
        province = session.scalars(select(Agency.key).where(Agency.kind == "province")).first()
        if province is None:
            return
        chosen = period_choice.choose_period(session, {}, as_of.month)
        query = headline.build_figure_query(
            session, queries.read_scope_keys(session, province), chosen, target, as_of.ms
        )
        rows = overview.build_overview(session, province, query).rows
        queries.find_month_alerts(session, province, chosen.period, query.instrument, now_ms, rows)


def _project(database: Database, device: str, epoch: int) -> None:
    while True:
        with database.write() as session:
            if device in RECORDERS:  # whoever wrote there had the turns of his agencies; these are anybody's
                transaction_settlement.lock_all_agencies(session)
            read = projection.project_entries(session, device, epoch)
        if read < projection.STEP:
            return


def start_jobs_thread(app: Flask) -> Flask:
    """The app, with the jobs running in a thread of this process."""
    threading.Thread(target=run_jobs_for_ever, args=(app,), daemon=True).start()
    return app


def run_jobs_for_ever(app: Flask) -> None:
    """Settle every half minute, in a thread of the server."""
    database, target = app.extensions["database"], app.extensions["settings"].target
    while True:
        try:
            prepare_province_page(database, target, app.extensions["clock"]().t)
        except store_faults.FAILURES as error:  # pages read for themselves then
            _log_store_failure("reading ahead", error)
        except Exception:
            log.exception("reading ahead")
        time.sleep(EVERY_SECONDS)
        run_jobs_once(app)


def store_noted_activity(app: Flask) -> None:
    """Write down what this process noted while pages were looked at: sign-ins in use, refusals."""
    sessions.store_session_activity(app.extensions["database"], app.extensions["used"])
    app.extensions["refused_pages"].write_down(app.extensions["database"])


def run_jobs_once(app: Flask) -> None:
    """Settle, write down what was noted, and tell `/healthz` whether it went well."""
    now, upkeep = app.extensions["clock"](), app.extensions["upkeep"]
    try:
        try:
            update_responses_and_tallies(app.extensions["database"], app.extensions["centre"], now.t)
        finally:
            store_noted_activity(app)
    except store_faults.FAILURES as error:  # the next round tries again; the server goes on
        upkeep.failed(now)
        _log_store_failure("upkeep", error)
    except Exception:
        upkeep.failed(now)
        log.exception("upkeep")
    else:
        upkeep.went_well()


def _log_failure(step_name: str, error: Exception) -> None:
    if isinstance(error, store_faults.FAILURES):
        _log_store_failure(step_name, error)
    else:
        log.error("%s stopped", step_name, exc_info=error)


def _log_store_failure(step_name: str, error: Exception) -> None:
    """One line for a store that does not answer; only what nobody expects has its whole story told."""
    kind = store_faults.classify_fault(error)
    log.error("%s waits for the store: %s", step_name, kind.value, exc_info=kind is StoreFault.OTHER)
