"""`hailong admin staff`: the people who may sign in, each with a role, and what they may no longer do."""

from __future__ import annotations

import datetime
import json
import sys
from typing import NoReturn

import click

from admin.cli.base import fail, now_ms, opened, tell
from models import clock
from models.vocabulary import Role
from translations.terminal.groups import TranslatedGroup

#: So many characters of a line are read; longer passwords are refused anyway.
_LONGEST = 4096
_STATES = {"active": "dùng được", "waiting": "chưa đặt mật khẩu", "disabled": "đã khóa"}
#: Why nothing was changed, by the code of the refusal.
_WHY = {
    "bad_email": "{email} không phải địa chỉ thư điện tử, như ten@tinh.gov.vn",
    "staff_exists": "đã có tài khoản {email}. Liên kết đặt mật khẩu mới: hailong admin staff link {email}",
    "password_short": "mật khẩu cần ít nhất {shortest} ký tự",
    "password_long": "mật khẩu dài nhất {longest} ký tự",
    "password_common": "mật khẩu dễ đoán. Chọn những từ khác",
    "unknown_staff": "không có tài khoản {email}. Xem: hailong admin staff list",
    "unknown_agency": "không có cơ quan đó. Xem lại mã cơ quan",
    "unknown_role": "không có vai trò đó",
    "staff_disabled": "tài khoản {email} đã khóa. Mở lại trước: hailong admin staff enable {email}",
    "last_province": "{email} là tài khoản cấp tỉnh cuối cùng còn đăng nhập được; sau đó không ai xem được toàn tỉnh. "
    "Thêm người khác trước, hoặc chạy lại với --force",
}


@click.group(cls=TranslatedGroup)
def staff() -> None:
    """People who may sign in."""


@staff.command(name="add")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--agency", required=True, help="Key of the agency whose part of the tree they see.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of a link.")
def staff_add(email: str, role: str, agency: str, password_stdin: bool) -> None:
    """Add EMAIL and print a one-time link to choose a password."""
    from admin.auth import accounts, passwords

    database, settings = opened()
    password = _password() if password_stdin else None
    try:
        with database.write() as session:
            token = accounts.add(session, email, role, agency, now_ms())
            if password is not None:
                accounts.set_password(session, email, password, now_ms())
    except (accounts.AccountError, passwords.WeakPassword) as error:
        _refused(error.code, email)
    click.echo(email if password_stdin else f"{settings.public_url}/staff/link/{token}")


@staff.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def staff_list(as_json: bool) -> None:
    """All accounts: address, role, agency, state, last sign-in."""
    from admin.auth import accounts

    database, _ = opened()
    with database.read() as session:
        found = accounts.listed(session)
    if as_json:
        rows = [
            {"email": one.email, "role": one.role, "agency": one.agency, "state": one.state,
             "last_sign_in": _time(one.last_sign_in_ms)}
            for one in found
        ]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in found:
        last = _time(one.last_sign_in_ms) or "chưa đăng nhập"
        tell(f"{one.email:<32} {one.role:<9} {one.agency:<14} {_STATES[one.state]:<17} {last}")


@staff.command(name="link")
@click.argument("email")
def staff_link(email: str) -> None:
    """Print a new one-time link for EMAIL; the one before it is worth nothing from now on."""
    from admin.auth import accounts

    database, settings = opened()
    try:
        with database.write() as session:
            token = accounts.renew_link(session, email, now_ms())
    except accounts.AccountError as error:
        _refused(error.code, email)
    click.echo(f"{settings.public_url}/staff/link/{token}")


@staff.command(name="disable")
@click.argument("email")
@click.option("--force", is_flag=True, help="Even if it is the last province account that can sign in.")
def staff_disable(email: str, force: bool) -> None:
    """Let nobody sign in as EMAIL any more: sessions end at once, the record stays."""
    from admin.auth import accounts

    database, _ = opened()
    try:
        with database.write() as session:
            changed = accounts.disable(session, email, now_ms(), force=force)
    except accounts.AccountError as error:
        _refused(error.code, email)
    tell(f"{accounts.tidy(email)}: đã khóa, các phiên đăng nhập đã kết thúc." if changed else "Đã khóa từ trước.")


@staff.command(name="enable")
@click.argument("email")
def staff_enable(email: str) -> None:
    """Let EMAIL sign in again, with the password it had."""
    from admin.auth import accounts

    database, _ = opened()
    try:
        with database.write() as session:
            changed = accounts.enable(session, email, now_ms())
    except accounts.AccountError as error:
        _refused(error.code, email)
    tell(f"{accounts.tidy(email)}: đã mở lại." if changed else "Tài khoản không bị khóa.")


@staff.command(name="role")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--agency", help="Key of another agency; else the one it has.")
@click.option("--force", is_flag=True, help="Even if it is the last province account that can sign in.")
def staff_role(email: str, role: str, agency: str | None, force: bool) -> None:
    """Give EMAIL another role, or another agency; its sessions end."""
    from admin.auth import accounts

    database, _ = opened()
    try:
        with database.write() as session:
            changed = accounts.set_role(session, email, role, agency, now_ms(), force=force)
    except accounts.AccountError as error:
        _refused(error.code, email)
    tell(f"{accounts.tidy(email)}: {role}, các phiên đăng nhập đã kết thúc." if changed else "Vai trò đã là như vậy.")


def _refused(code: str, email: str) -> NoReturn:
    from admin.auth import passwords

    why = _WHY[code].format(email=email, shortest=passwords.SHORTEST, longest=passwords.LONGEST)
    fail(code, f"Không có gì thay đổi: {why}.")


def _time(ms: int | None) -> str | None:
    """A time in Vietnam, to the second."""
    return None if ms is None else datetime.datetime.fromtimestamp(ms / 1000, clock.HCM).isoformat(timespec="seconds")


def _password() -> str:
    """The first line of standard input."""
    try:
        line = sys.stdin.readline(_LONGEST).rstrip("\r\n") if sys.stdin is not None else ""
        line.encode()
    except UnicodeError:
        fail("bad_password", "Mật khẩu không phải chữ UTF-8; không có gì thay đổi.")
    return line
