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
from admin.ledgers import centre_clock, recorded_slips
from admin.ledgers.key_register import RECORDERS
from admin.ledgers.signing_keys import Centre
from admin.presentation import headline, period_choice
from admin.responses import one_by_one, projection, sidecars, transactions
from admin.slips import month_end, slip_keys
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

log = logging.getLogger(__name__)
EVERY_SECONDS = 30.0
#: Between two lots of what is forgotten: who waits to write has his turn, which a lock alone gives to nobody.
BETWEEN_LOTS = 0.01
#: Months whose hidden cells are worked out in one go; a large province takes seconds for each.
MONTHS_AT_ONCE = 2


class _Round:
    """One round of the jobs: what fails does not keep the rest from being done, and is told at its end."""

    def __init__(self) -> None:
        self.failed: Exception | None = None

    def do(self, what: str, work: Callable[[], object]) -> None:
        """Do one step; `what` names it in the log."""
        try:
            work()
        except Exception as error:
            self.failed = self.failed or error
            _tell(what, error)

    def each(self, what: str, some: Iterable[Any], work: Callable[[Any], object]) -> None:
        """Do a step for each of `some`. Of those that fail only the first has its whole story told; and where that is
        because of what one says itself, it is only told in the log: nobody makes the whole centre look ill."""
        failures = 0
        for one in some:
            try:
                work(one)
            except Exception as error:
                failures += 1
                if not one_by_one.its_own(error):
                    self.failed = self.failed or error
                if failures == 1:
                    _tell(f"{what} of {one}", error)
        if failures > 1:
            log.error("%s: %d more failed", what, failures - 1)


def settle(database: Database, centre: Centre, now_ms: int) -> None:
    """Bring responses and tallies up to what was accepted by `now_ms` (the centre's clock).

    By a clock that may lie nothing is sealed, erased or destroyed; what was accepted is counted all the same. Each step
    is done whatever became of the others; then the first failure of the store, or of a whole step, is raised."""
    with database.read() as session:
        reading = centre_clock.look(session, now_ms)
    doubt, now_ms = reading.doubt, reading.ms
    by_the_clock = doubt is None
    done = _Round()
    if by_the_clock:
        done.do("sealing", lambda: _seal(done, database, centre, now_ms))
    if doubt is not None:
        log.error("%s: nothing is sealed, erased or destroyed until the clock is right", doubt.code)
    done.do("projection", lambda: done.each("projection", _unread(database), lambda one: _project(database, *one)))
    done.do("recorded slips", lambda: _judge_slips(done, database))
    if by_the_clock:
        _tidy(done, database, now_ms)
    done.do("recount", lambda: _recount(done, database))
    if by_the_clock:
        done.do("words to read", lambda: release.work_off(database, centre.page_key, now_ms))
    if by_the_clock:
        last = clock.months_before(clock.local_day(now_ms)[:7], 1)
        done.do("hiding", lambda: suppression_store.work_off(database, last, most=MONTHS_AT_ONCE))
    if done.failed is not None:
        raise done.failed


def _seal(done: _Round, database: Database, centre: Centre, now_ms: int) -> None:
    """Seal the phone answers that were left, each by itself: what one says must not keep another from being counted."""
    with database.read() as session:
        left = phone_drafts.left(session, now_ms)
        known = projection.world(session) if left else None

    def seal(id: str) -> None:
        with database.write() as session:
            assert known is not None
            phone_drafts.seal_left(session, centre, id, now_ms, known)
            centre_clock.signed(session, now_ms)

    done.each("sealing", left, seal)


def _unread(database: Database) -> list[tuple[str, int]]:
    """The ledgers with entries that were not projected."""
    with database.read() as session:
        waiting = select(Epoch.device_id, Epoch.epoch).where(Epoch.projected_seq < Epoch.last_seq)
        return [(device, epoch) for device, epoch in session.execute(waiting)]


def _judge_slips(done: _Round, database: Database) -> None:
    """Say of used slips whether their ledgers hold them, as far as these have come."""
    with database.read() as session:
        ledgers = recorded_slips.unjudged(session)

    def judge(ledger: tuple[str, int]) -> None:
        with database.write() as session:
            recorded_slips.judge(session, *ledger)

    done.each("recorded slips", ledgers, judge)


def _recount(done: _Round, database: Database) -> None:
    """Count anew what is stale, each month of each agency by itself."""
    with database.read() as session:
        pairs = recount.stale_pairs(session)

    def count(pair: tuple[str, str]) -> None:
        with database.write() as session:
            recount.recount_pairs(session, [pair])

    done.each("recount", pairs, count)


def _tidy(done: _Round, database: Database, now_ms: int) -> None:
    """Give waiting words to their answers, forget what has served, make and destroy the keys of dossier references."""
    done.do("words", lambda: _give_words(database, now_ms))
    done.do("announced slips", lambda: _forget_replies(database, now_ms))
    done.do("month keys", lambda: _make_keys(database, now_ms))
    done.do("old month keys", lambda: _destroy_keys(database, now_ms))


def _give_words(database: Database, now_ms: int) -> None:
    with database.read() as session:
        notes = sidecars.left_waiting(session, now_ms)
    if notes:
        with database.write() as session:
            sidecars.tidy(session, now_ms)


def _forget_replies(database: Database, now_ms: int) -> None:
    with database.read() as session:
        replies = announced_slips.outdated(session, now_ms)
    if replies:
        with database.write() as session:
            announced_slips.forget(session, now_ms)


def _make_keys(database: Database, now_ms: int) -> None:
    with database.read() as session:
        lacking = slip_keys.missing(session, now_ms)
    if lacking:
        try:
            with database.write() as session:
                slip_keys.make(session, now_ms)
        except IntegrityError:
            log.info("another process made the month's key")


def _destroy_keys(database: Database, now_ms: int) -> None:
    """Destroy the keys that have served, and forget lot by lot what was kept under them, also where somebody was cut
    off doing so. Others join answers by the references that go: they are kept off meanwhile, but not in between."""
    with database.read() as session:
        old, left = slip_keys.outdated(session, now_ms), month_end.begun(session)
    if old:
        with database.write() as session:
            transactions.alone_everywhere(session)
            month_end.destroy(session, slip_keys.outdated(session, now_ms), now_ms)
            centre_clock.signed(session, now_ms)
    while old or left:
        time.sleep(BETWEEN_LOTS)
        with database.write() as session:
            transactions.alone_everywhere(session)
            old, left = [], month_end.forget(session, now_ms)


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
            if device in RECORDERS:  # whoever wrote there had the turns of his agencies; these are anybody's
                transactions.alone_everywhere(session)
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


def write_down(app: Flask) -> None:
    """Write down what this process noted while pages were looked at: sign-ins in use, refusals."""
    sessions.write_down(app.extensions["database"], app.extensions["used"])
    app.extensions["refused_pages"].write_down(app.extensions["database"])


def settle_once(app: Flask) -> None:
    """Settle, write down what was noted, and tell `/healthz` whether it went well."""
    now, upkeep = app.extensions["clock"](), app.extensions["upkeep"]
    try:
        try:
            settle(app.extensions["database"], app.extensions["centre"], now.t)
        finally:
            write_down(app)
    except store_faults.FAILURES as error:  # the next round tries again; the server goes on
        upkeep.failed(now)
        _away("upkeep", error)
    except Exception:
        upkeep.failed(now)
        log.exception("upkeep")
    else:
        upkeep.went_well()


def _tell(what: str, error: Exception) -> None:
    if isinstance(error, store_faults.FAILURES):
        _away(what, error)
    else:
        log.error("%s stopped", what, exc_info=error)


def _away(what: str, error: Exception) -> None:
    """One line for a store that does not answer; only what nobody expects has its whole story told."""
    kind = store_faults.kind(error)
    log.error("%s waits for the store: %s", what, kind.value, exc_info=kind is StoreFault.OTHER)
