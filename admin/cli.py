"""`hailong admin …`: the centre's commands. Exit 0 on success, 2 on wrong usage, 1 with one sentence on stderr."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from admin import centre
from admin.command import fail, now_ms, opened, say
from admin.devices import enrol
from admin.figure_commands import index_command, recount_command, report_command, verify_command
from admin.imports import agencies, dossiers, procedures
from admin.imports.rows import BadFile
from admin.instruments import store
from admin.responses import project
from admin.sample import simulate as simulator
from admin.settings import Settings
from models import clock, migrate
from models.agency import Agency, Desk
from models.base import CENTRAL
from models.devices import Device, Epoch, PairingCode
from models.keys import fingerprint
from models.vocabulary import Role


@click.group()
def cli() -> None:
    """The centre: what the desks send, counted and printed."""


for command in (index_command, report_command, verify_command, recount_command):
    cli.add_command(command)


@cli.command()
def upgrade() -> None:
    """Create or migrate the central store, and take in new questionnaires."""
    from admin.sync import recorder

    settings = Settings.load()
    database = settings.database()
    changed = migrate.upgrade(database, CENTRAL)
    with database.write() as session:
        new = store.load(session)
        if new:
            project.retry(session, "unknown_instrument")
    keys = centre.load(settings)
    for name in keys.recorder_keys:
        with database.write() as session:
            recorder.ready(session, keys, name, now_ms())
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

    from admin import create_app, upkeep

    app = upkeep.beside(create_app(Settings.load()))
    click.echo(f"http://{host}:{port}", err=True)
    waitress.serve(app, host=host, port=port, threads=threads, ident=None, clear_untrusted_proxy_headers=True,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
    )


@cli.group(name="agencies")
def agencies_group() -> None:
    """The tree of agencies."""


@cli.group(name="procedures")
def procedures_group() -> None:
    """Administrative procedures."""


@cli.group(name="dossiers")
def dossiers_group() -> None:
    """Monthly counts of the one-stop software."""


def _import(take: Callable[..., dict[str, int]], file: Path, as_json: bool) -> None:
    database, _ = opened()
    try:
        with database.write() as session:
            counts = take(session, file)
            project.retry(session, "unknown_agency")
    except BadFile as error:
        fail(error.code, str(error))
    say(counts, as_json)


for group, take in (
    (agencies_group, agencies.import_agencies),
    (procedures_group, procedures.import_procedures),
    (dossiers_group, dossiers.import_dossiers),
):

    def _command(file: Path, as_json: bool, take: Callable[..., dict[str, int]] = take) -> None:
        _import(take, file, as_json)

    _command = click.argument("file", type=click.Path(path_type=Path))(_command)
    _command = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(_command)
    group.command(name="import", help="Take a CSV file: all of it, or nothing and the lines to mend.")(_command)


@cli.group()
def desks() -> None:
    """Desks, where citizens are served."""


@desks.command(name="add")
@click.argument("agency_key")
@click.argument("code")
@click.argument("name")
@click.option("--name-en", default="")
@click.option("--factors/--no-factors", default=False, help="Ask the factor questions on the tablet too.")
def desks_add(agency_key: str, code: str, name: str, name_en: str, factors: bool) -> None:
    """Add desk CODE, called NAME, to the agency AGENCY_KEY."""
    database, _ = opened()
    with database.write() as session:
        if session.get(Agency, agency_key) is None:
            fail("unknown_agency", f"Không có cơ quan {agency_key}. Nhập cơ quan trước, rồi thêm quầy.")
        if session.get(Desk, code) is not None:
            fail("desk_exists", f"Quầy {code} đã có. Chọn mã khác.")
        taken = select(Desk).where(Desk.agency_key == agency_key, Desk.name_vi == name)
        if session.scalars(taken).first() is not None:
            fail("desk_exists", f"Cơ quan này đã có quầy tên {name}. Chọn tên khác.")
        session.add(Desk(code=code, agency_key=agency_key, name_vi=name, name_en=name_en, factors=factors))
    click.echo(code)


@cli.group()
def staff() -> None:
    """People who may sign in."""


@staff.command(name="add")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--agency", required=True, help="Key of the agency whose part of the tree they see.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of a link.")
def staff_add(email: str, role: str, agency: str, password_stdin: bool) -> None:
    """Add EMAIL and print a one-time link to choose a password."""
    from admin.staff import accounts, passwords

    database, settings = opened()
    try:
        with database.write() as session:
            token = accounts.add(session, email, role, agency, now_ms())
            if password_stdin:
                accounts.set_password(session, email, sys.stdin.readline().rstrip("\r\n"), now_ms())
    except (accounts.AccountError, passwords.WeakPassword) as error:
        fail(error.code, f"Chưa thêm được tài khoản {email}; không có gì thay đổi ({error}).")
    click.echo(email if password_stdin else f"{settings.public_url}/staff/link/{token}")


@cli.group()
def devices() -> None:
    """Devices at the desks."""


@devices.command(name="enrol")
@click.argument("desk_code")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_enrol(desk_code: str, as_json: bool) -> None:
    """Make a device for DESK_CODE and print its one-time pairing code."""
    database, _ = opened()
    try:
        with database.write() as session:
            device, code, expires = enrol.offer(session, desk_code, now_ms(), approved=True)
    except enrol.UnknownDesk:
        fail("unknown_desk", f"Không có quầy {desk_code}. Thêm quầy trước: hailong admin desks add …")
    until = datetime.datetime.fromtimestamp(expires / 1000, clock.HCM)
    say({"device": device, "code": code, "expires": until.isoformat(timespec="seconds")}, as_json)


@devices.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_list(as_json: bool) -> None:
    """List devices with the fingerprint of their key."""
    database, _ = opened()
    with database.read() as session:
        keys = {epoch.device_id: epoch.vk for epoch in session.scalars(select(Epoch).order_by(Epoch.epoch))}
        keys |= {row.device_id: row.vk for row in session.scalars(select(PairingCode)) if row.vk}
        rows = [
            {"device": row.id, "desk": row.desk_code, "state": row.state, "backlog": row.backlog,
             "last_seen": row.last_seen_ms, "fingerprint": fingerprint(keys[row.id]) if row.id in keys else None}
            for row in session.scalars(select(Device).order_by(Device.id))
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in () if as_json else rows:
        click.echo(f"{row['device']:<10} {row['state']:<10} {row['desk'] or '':<20} {row['fingerprint'] or ''}")


@devices.command(name="approve")
@click.argument("device")
def devices_approve(device: str) -> None:
    """Approve the key that DEVICE shows; compare the fingerprints on both screens first."""
    database, _ = opened()
    with database.write() as session:
        code = session.scalars(select(PairingCode).where(PairingCode.device_id == device)).first()
        if code is None or code.vk is None:
            fail("not_waiting", f"Thiết bị {device} không chờ duyệt.")
        code.approved = True
        code.expires_ms = now_ms() + enrol.VALID_MS
    click.echo(device)


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
        truth = simulator.run(database, centre.load(settings), plan, told)
    except simulator.RealStore:
        fail("real_store", "Kho này đã có thiết bị thật; không được tạo số liệu giả định ở đây. Không có gì thay đổi.")
    click.echo(json.dumps(truth, ensure_ascii=False))


@cli.command(name="demo-serve", hidden=True)
@click.option("--port", default=8000)
def demo_serve(port: int) -> None:
    """Load the sample, simulate up to yesterday, issue last month's report, offer a pairing code, and serve."""
    from admin import demo

    value: dict[str, Any] = demo.prepare(Settings.load(), f"http://127.0.0.1:{port}", now_ms(), click.echo)
    say(value, as_json=True)
    _serve("127.0.0.1", port, threads=8)
