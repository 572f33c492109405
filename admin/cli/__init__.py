"""`hailong admin …`: the centre's commands.

Exit 0 on success, 2 on wrong usage, 1 with one sentence on stderr. The groups stand in modules of their own, one a
subject: `imports`, `desks`, `devices` …
"""

from __future__ import annotations

import datetime
import json
from typing import Any

import click

from admin.cli.apikeys import apikeys
from admin.cli.backup import backup_command, restore_command
from admin.cli.base import Commands, fail, now_ms, opened, say
from admin.cli.desks import desks
from admin.cli.devices import devices
from admin.cli.figures import index_command, recount_command, report_command, verify_command
from admin.cli.imports import agencies_group, dossiers_group, procedures_group
from admin.cli.indicators import indicators_command
from admin.cli.ingest_file import ingest_file
from admin.cli.key_commands import keys_group
from admin.cli.languages import languages
from admin.cli.poster import poster
from admin.cli.recordings import prompts
from admin.cli.responses import responses_group
from admin.cli.staff import staff
from admin.demo import simulator
from admin.instruments import store
from admin.ledgers import key_register, signing_keys
from admin.responses import projection
from admin.settings import Settings
from models import clock
from models.migrations import migrate
from models.tables.declarative_base import CENTRAL


@click.group(cls=Commands)
def cli() -> None:
    """The centre: what the desks send, counted and printed."""


for command in (
    index_command, report_command, verify_command, recount_command, agencies_group, procedures_group, dossiers_group,
    desks, staff, devices, languages, prompts, ingest_file, poster, apikeys, responses_group,
    indicators_command, keys_group, backup_command, restore_command,
):  # fmt: skip
    cli.add_command(command)


@cli.command()
def upgrade() -> None:
    """Create or migrate the central store, and take in new questionnaires."""
    from admin.ledgers import recorder
    from admin.slips import slip_keys

    settings = Settings.load()
    database = settings.database()
    changed = migrate.upgrade(database, CENTRAL)
    key_register.ready(database, settings.instance, now_ms())
    with database.write() as session:
        new = store.load(session)
        if new:
            projection.retry(session, "unknown_instrument")
    keys = signing_keys.load(settings)
    for name in keys.recorder_keys:
        with database.write() as session:
            recorder.ready(session, keys, name, now_ms())
    with database.write() as session:
        slip_keys.make(session, now_ms())
    click.echo(f"{database.engine_name}: {'migrated' if changed else 'up to date'}; {new} new questionnaires", err=True)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--threads", default=8, show_default=True)
def serve(host: str, port: int, threads: int) -> None:
    """Serve the centre."""
    opened()
    _serve(host, port, threads)


def _serve(host: str, port: int, threads: int) -> None:
    import waitress

    from admin import create_app, jobs

    app = jobs.beside(create_app(Settings.load()))
    click.echo(f"http://{host}:{port}", err=True)
    waitress.serve(app, host=host, port=port, threads=threads, ident=None, clear_untrusted_proxy_headers=True,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
    )


@cli.command()
@click.option("--agencies", "count", default=144, show_default=True, help="How many agencies take part.")
@click.option("--days", default=395, show_default=True, help="How many days, ending yesterday.")
@click.option("--seed", default=1, show_default=True)
def simulate(count: int, days: int, seed: int) -> None:
    """Invent answers through the real ledger and witness; prints the truth as JSON. Marks the store as practice."""
    database, settings = opened()
    yesterday = datetime.date.fromisoformat(clock.local_day(now_ms())) - datetime.timedelta(days=1)
    plan = simulator.Plan(seed, count, yesterday - datetime.timedelta(days=days - 1), yesterday)

    def told(month: str, done: int, of: int) -> None:
        click.echo(f"\r{month}  {done}/{of}", err=True, nl=done == of)

    try:
        truth = simulator.run(database, signing_keys.load(settings), plan, told)
    except simulator.RealStore:
        fail("real_store", "Kho này đã có thiết bị thật; không được tạo số liệu giả định ở đây. Không có gì thay đổi.")
    click.echo(json.dumps(truth, ensure_ascii=False))


@cli.command(name="demo-serve", hidden=True)
@click.option("--port", default=8000)
def demo_serve(port: int) -> None:
    """Load the sample, simulate up to yesterday, issue last month's report, offer a pairing code, and serve."""
    from admin.demo import prepare

    value: dict[str, Any] = prepare.prepare(Settings.load(), f"http://127.0.0.1:{port}", now_ms(), click.echo)
    say(value, as_json=True)
    _serve("127.0.0.1", port, threads=8)
