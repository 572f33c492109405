"""`hailong kiosk drill`: the rehearsal as a command. Exit 0 when every step went well, 1 otherwise."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kiosk.cli.base import end_not_paired, fail
from translations import gettext as _
from translations import use_locale

if TYPE_CHECKING:
    from kiosk.drill.journal import Journal
    from kiosk.drill.rehearsal_steps import FaultInjector, Rehearsal
    from kiosk.drill.report import Step
    from kiosk.settings import Settings


@click.command(name="drill")
@click.option("--rehearse", is_flag=True, help="All of it by itself, without touching cable, plug, clock or disk.")
@click.option("--resume", is_flag=True, help="Go on after the power was off.")
@click.option("--url", default="http://127.0.0.1:8001", show_default=True, help="Where the tablet's pages are.")
@click.option("--by", default="", help="Who carries it out; stands in the report.")
@click.option("--locale", default="vi", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; everything else goes to stderr.")
def drill(rehearse: bool, resume: bool, url: str, by: str, locale: str, as_json: bool) -> None:
    """Rehearse cable out, power off, wrong clock and full disk with practice answers that never count."""
    from sqlalchemy.exc import DBAPIError

    from kiosk.desk import ledger
    from kiosk.drill import report
    from kiosk.drill.journal import Journal
    from kiosk.drill.unattended import DeskIsServed
    from kiosk.error_catalogue.command_errors import DRILL
    from kiosk.settings import Settings
    from models.storage import store_faults
    from models.storage.store_faults import StoreFault

    settings = Settings.load(strict=True)
    journal = Journal(settings.instance)
    with use_locale(locale):
        try:
            result, path = _rehearse(settings, journal, by) if rehearse else _watch(settings, journal, url, by, resume)
        except ledger.NotPaired:
            end_not_paired(settings)
        except DeskIsServed:
            fail(DRILL, "already_serving")
        except (PermissionError, DBAPIError) as error:
            if store_faults.classify_fault(error) not in (StoreFault.READ_ONLY, StoreFault.UNREACHABLE):
                raise  # no question of the account
            fail(DRILL, "no_access", reason=getattr(error, "orig", error))
        click.echo(json.dumps(result, ensure_ascii=False) if as_json else "\n".join(report.format_checklist(result)))
        click.echo(_("The report is kept: %(path)s", path=path), err=True)
    sys.exit(0 if result["ok"] else 1)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _rehearse(settings: Settings, journal: Journal, by: str) -> tuple[dict[str, Any], Path]:
    from kiosk.drill.unattended import UnattendedFaultInjector

    machine = UnattendedFaultInjector(settings)
    try:
        return _walk(machine, journal, settings, lambda: _begin(machine, journal, settings, "rehearsed", by))
    finally:
        machine.close()


def _watch(settings: Settings, journal: Journal, url: str, by: str, resume: bool) -> tuple[dict[str, Any], Path]:
    from kiosk.drill.attended import AttendedFaultInjector
    from kiosk.drill.rehearsal_steps import Rehearsal
    from kiosk.error_catalogue.command_errors import DRILL
    from models.migrations import migrate
    from models.storage.process_lock import WriterLock
    from models.tables.declarative_base import KIOSK

    if resume and not journal.exists:
        fail(DRILL, "nothing_under_way")
    database = settings.database()
    migrate.upgrade_store(database, KIOSK)
    lock = WriterLock(settings.serving_file)
    if lock.taken:
        lock.release()
        fail(DRILL, "not_serving")
    hands = AttendedFaultInjector(settings, database, url, _ask, _say)

    def begin() -> Rehearsal:
        if not resume:
            return _begin(hands, journal, settings, "watched", by)
        course = Rehearsal(hands, journal, _told)
        boot = journal.boot()
        if boot is not None and all(step.id != "power_off" for step in course.steps):
            course.do("power_off", lambda: course.power_back(boot))
        return course

    try:
        return _walk(hands, journal, settings, begin)
    finally:
        database.close()


def _begin(means: FaultInjector, journal: Journal, settings: Settings, mode: str, by: str) -> Rehearsal:
    from kiosk.drill import rehearsal_steps
    from kiosk.drill.rehearsal_steps import Rehearsal

    journal.begin(**rehearsal_steps.rehearsal_facts(means, mode, settings), by=by)
    return Rehearsal(means, journal, _told)


def _walk(
    means: FaultInjector, journal: Journal, settings: Settings, begin: Callable[[], Rehearsal]
) -> tuple[dict[str, Any], Path]:
    """Walk to the end; practice is switched off whatever happens."""
    from kiosk.desk import device_key, practice
    from kiosk.drill import report
    from models import clock

    try:
        course = begin()
        course.walk()
    finally:
        with means.database.write() as session:
            practice.end_practice(session, means.now())
    thanked = len(journal.ids())
    facts = {**journal.facts(), "ended": means.now().t, "thanked": thanked}
    result = report.sign_report(facts, course.steps, device_key.load_device_key(settings.key_file))
    path = report.save_report(result, journal.folder)
    with means.database.write() as session:
        practice.end_practice(session, clock.now(), failed=result["failed"], passed=result["passed"], taps=thanked)
    journal.close()
    return result, path


def _told(step: Step) -> None:
    from kiosk.drill import report

    _say(report.format_step(step.as_json()))


def _ask(sentence: str) -> bool:
    """Show it and wait for Enter; `0` leaves the step out."""
    answer = click.prompt(f"\n→ {sentence}\n  {_('Enter when done, 0 to leave this step out')}", default="",
                          show_default=False, prompt_suffix=": ", err=True)  # fmt: skip
    return str(answer).strip() != "0"
