"""`hailong kiosk sync`: the ledger on its way to the centre, once or for ever."""

from __future__ import annotations

import json
import math
import threading
from typing import TYPE_CHECKING, Any

import click

from kiosk.cli.base import end_not_paired, end_store_failed, fail, open_store
from translations import gettext as _

if TYPE_CHECKING:
    from kiosk.sync import client


class Seconds(click.FloatRange):
    """A time in seconds, above 0 and at most a day; neither NaN nor infinity."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isfinite(number):
            return number
        self.fail(_("%(value)s is not a time in seconds.", value=repr(value)), param, ctx)


EVERY = Seconds(min=0, max=86_400, min_open=True)


@click.command(name="sync")
@click.option("--once", is_flag=True, help="Run once and end.")
@click.option("--every", type=EVERY, default=30.0, show_default=True, help="Seconds between two runs.")
@click.option("--json", "as_json", is_flag=True, help="Print what each run did as JSON.")
def sync_command(once: bool, every: float, as_json: bool) -> None:
    """Seal idle drafts, send what the centre has not signed for, fetch new reference data."""
    from kiosk.cli.status_lines import describe_unsent_ratings
    from kiosk.desk import state
    from kiosk.error_catalogue import command_errors
    from kiosk.sync import client
    from kiosk.sync.loop import describe_sync_result, run_for_ever, run_once
    from models import clock
    from models.storage import store_faults
    from models.storage.process_lock import WriterLock

    clock.log_to_stderr()
    database, settings = open_store(strict=once)  # the service goes on with the usual settings
    if not database.two_writers_safe and not WriterLock(settings.serving_file).taken:
        fail(command_errors.SYNC, "serve_syncs", engine=database.engine_name)
    with database.read() as session:
        if state.read_state(session).identity is None:
            end_not_paired(settings)

    def told(outcome: client.SyncResult) -> None:
        if as_json:
            click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
        elif once:
            click.echo(describe_sync_result(outcome))

    if not once:
        run_for_ever(database, settings, every, told, threading.Event())
    try:
        outcome = run_once(database, settings)
    except Exception as error:  # a locked store, a full disk: one document and one sentence all the same
        told(client.SyncResult("failed", detail=type(error).__name__))
        if isinstance(error, store_faults.FAILURES):
            end_store_failed(error)
        fail(
            command_errors.SYNC,
            "failed",
            staying=describe_unsent_ratings(database, settings),
            reason=type(error).__name__,
        )
    told(outcome)
    if outcome.state != "ok":
        closed = outcome.state == "forked" or outcome.closed
        table = command_errors.SYNC_CLOSED if closed else command_errors.SYNC
        stays = describe_unsent_ratings(database, settings)
        fail(table, outcome.state, staying=stays, reason=outcome.detail or outcome.state)
