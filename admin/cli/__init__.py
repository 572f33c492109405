"""`hailong admin …`: the centre's commands.

Exit 0 on success, 2 on wrong usage, 1 with one sentence on stderr. The groups stand in modules of their own, one a
subject: `imports`, `desks`, `devices` …
"""

from __future__ import annotations

import click

from admin.cli.answers_needing_attention import doctor_command
from admin.cli.apikeys import apikeys
from admin.cli.arguments import PORT
from admin.cli.backup import backup_command, restore_command
from admin.cli.base import CommandGroup, now_ms, open_store, print_json, print_warning
from admin.cli.clock_commands import clock_group
from admin.cli.comments import comments_group
from admin.cli.desks import desks
from admin.cli.devices import devices
from admin.cli.figures import index_command, recount_command, report_command
from admin.cli.follow_up_command import follow_up_command
from admin.cli.imports import agencies_group, dossiers_group, procedures_group
from admin.cli.indicators import indicators_command
from admin.cli.ingest_file import ingest_file
from admin.cli.key_commands import keys_group
from admin.cli.languages import languages
from admin.cli.paper_import import responses_group
from admin.cli.poster import poster
from admin.cli.recordings import prompts
from admin.cli.simulate_command import simulate
from admin.cli.slip_lists import slips_group
from admin.cli.staff import staff
from admin.cli.verify import verify_command
from translations import gettext, ngettext


@click.group(cls=CommandGroup)
def cli() -> None:
    """The centre: what the desks send, counted and printed."""


for command in (
    index_command, report_command, verify_command, recount_command, agencies_group, procedures_group, dossiers_group,
    desks, staff, devices, languages, prompts, ingest_file, poster, apikeys, responses_group, slips_group,
    indicators_command, doctor_command, keys_group, clock_group, backup_command, restore_command, simulate,
    follow_up_command, comments_group,
):  # fmt: skip
    cli.add_command(command)


@cli.command()
def upgrade() -> None:
    """Create or migrate the central store, and take in new questionnaires."""
    from admin.instruments import store
    from admin.ledgers import centre_clock, centre_key_register, recorder, signing_keys
    from admin.responses import rejudgement
    from admin.settings import Settings
    from admin.slips import code_and_dossier_keys
    from models.migrations import migrate
    from models.tables.declarative_base import CENTRAL

    settings = Settings.load()
    database = settings.database()
    changed = migrate.upgrade_store(database, CENTRAL)
    centre_key_register.create_missing_keys(database, settings.instance, now_ms())
    with database.write() as session:
        centre_clock.adopt_signed_time(session)
        new = store.load_documents(session)
    rejudgement.rejudge_responses(database, *rejudgement.REASONS)  # also what somebody left who was stopped
    keys = signing_keys.load_centre_keys(settings)
    with database.read() as session:
        reading = centre_clock.read_clock(session, now_ms())
    if reading.doubt is None:
        for name in keys.recorder_keys:
            with database.write() as session:
                recorder.lock_open_epoch(session, keys, name, reading.ms)
        with database.write() as session:
            code_and_dossier_keys.make_missing_keys(session, reading.ms)
    else:  # ledgers and keys are begun by a clock that is right: at the first answer, or by the server
        print_warning(f"{reading.doubt.code}: {reading.doubt}")
    state = gettext("the store was brought to this version") if changed else gettext("the store is at this version")
    questionnaires = ngettext("%(n)s new questionnaire", "%(n)s new questionnaires", new)
    print_warning(f"{database.engine_name}: {state}; {questionnaires}")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8000, show_default=True, help="0: any that is free.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True)
def serve(host: str, port: int, threads: int) -> None:
    """Serve the centre."""
    from admin.cli import servers

    open_store()
    servers.serve_centre(host, port, threads)


@cli.command(name="demo-serve", hidden=True)
@click.option("--port", type=PORT, default=8000)
def demo_serve(port: int) -> None:
    """Load the sample, simulate up to yesterday, issue last month's report, offer a pairing code, and serve."""
    from admin.cli import servers
    from admin.demo import prepare
    from admin.settings import Settings

    print_json(prepare.prepare_demo(Settings.load(), f"http://127.0.0.1:{port}", now_ms(), click.echo))
    servers.serve_centre("127.0.0.1", port, threads=8)
