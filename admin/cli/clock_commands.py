"""`hailong admin clock`: the centre's clock beside what it signed, and a person's word for it."""

from __future__ import annotations

import json

import click

from admin.cli import failures
from admin.cli.base import fail, now_ms, opened
from admin.ledgers import centre_clock
from models import clock
from translations.terminal.groups import TranslatedGroup


@click.group(cls=TranslatedGroup, name="clock", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def clock_group(ctx: click.Context, as_json: bool) -> None:
    """Show the centre's clock beside the newest time it signed; exit 1 while nothing is written by it."""
    if ctx.invoked_subcommand is not None:
        return
    database, _settings = opened()
    with database.read() as session:
        reading = centre_clock.look(session, shown := now_ms())
    newest, confirmed, doubt = reading.newest_ms, reading.confirmed_ms, reading.doubt
    if as_json:
        value = {"ok": doubt is None, "reason": doubt.code if doubt else None, "now_ms": shown,
                 "newest_signed_ms": newest, "confirmed_ms": confirmed}  # fmt: skip
        click.echo(json.dumps(value))
    else:
        click.echo(f"Đồng hồ máy này      {failures.moment(shown)}")
        click.echo(f"Ký gần nhất          {failures.moment(newest) if newest else 'chưa ký gì'}")
        click.echo(f"Xác nhận gần nhất    {failures.moment(confirmed) if confirmed else 'chưa lần nào'}")
    if doubt is not None:
        fail(doubt.code, failures.doubted(doubt))


@clock_group.command(name="confirm")
@click.option("--yes", is_flag=True, help="For scripts: the machine's date and time were looked at and are right.")
def confirm(yes: bool) -> None:
    """Confirm that the machine's clock is right, so that the centre signs by it again. Asks for today's date."""
    database, _settings = opened()
    with database.read() as session:
        doubt = centre_clock.look(session, now_ms()).doubt
    if doubt is None:
        click.echo("Đồng hồ khớp với những gì đã ký; không cần xác nhận, không có gì thay đổi.", err=True)
        return
    impossible = doubt.now_ms < centre_clock.EARLIEST_MS
    click.echo(f"Đồng hồ máy này chỉ {failures.moment(doubt.now_ms)} (giờ Việt Nam).", err=True)
    if not impossible and not yes:
        _asked(clock.local_day(doubt.now_ms))
    try:
        with database.write() as session:
            centre_clock.confirm(session, now_ms(), "command line")
    except centre_clock.ClockImpossible:
        fail("clock_impossible", "Thời gian này chắc chắn sai nên không xác nhận được. Không có gì thay đổi; chỉnh "
             "ngày giờ của máy.")  # fmt: skip
    click.echo("Đã xác nhận; trung tâm ký theo đồng hồ này. Thiết bị ở quầy biết ở lần đồng bộ tới.", err=True)


def _asked(today: str) -> None:
    """Let a person say by another clock which day it is."""
    question = "Xem lịch hoặc đồng hồ khác. Nếu máy đúng, gõ ngày hôm nay (năm-tháng-ngày)"
    try:
        typed = str(click.prompt(question, default="", show_default=False, err=True))
    except click.Abort:
        click.echo(err=True)  # what follows does not stand behind the question
        typed = ""
    if typed.strip() != today:
        fail("not_confirmed", "Ngày gõ vào không phải ngày trên máy, hoặc chưa gõ. Không có gì thay đổi.")
