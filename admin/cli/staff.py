"""`hailong admin staff`: the people who may sign in."""

from __future__ import annotations

import sys

import click

from admin.cli.base import fail, now_ms, opened
from models.vocabulary import Role

#: So many characters of a line are read; longer passwords are refused anyway.
_LONGEST = 4096


@click.group()
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
        fail(error.code, f"Chưa thêm được tài khoản {email}; không có gì thay đổi ({error}).")
    click.echo(email if password_stdin else f"{settings.public_url}/staff/link/{token}")


def _password() -> str:
    """The first line of standard input."""
    try:
        line = sys.stdin.readline(_LONGEST).rstrip("\r\n") if sys.stdin is not None else ""
        line.encode()
    except UnicodeError:
        fail("bad_password", "Mật khẩu không phải chữ UTF-8; không có gì thay đổi.")
    return line
