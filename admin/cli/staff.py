"""`hailong admin staff`: the people who may sign in, each with a role, and what they may no longer do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from admin.cli.base import fail, now_ms, open_store, print_json, print_sentence
from admin.error_catalogue.command_errors import ACCOUNTS
from models.vocabulary import Role
from translations import gettext, lazy
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from admin.auth.passwords import WeakPassword

#: So many characters of a line are read; longer passwords are refused anyway.
_LONGEST = 4096
_STATES = {"active": lazy("can sign in"), "waiting": lazy("no password yet"), "disabled": lazy("disabled")}
_ROLES = click.Choice([role.value for role in Role])


@click.group(cls=TranslatedGroup)
def staff() -> None:
    """People who may sign in."""


@staff.command(name="add")
@click.argument("email")
@click.option("--role", type=_ROLES, required=True, help="What they may do.")
@click.option("--agency", required=True, help="Key of the agency whose part of the tree they see.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of a link.")
def staff_add(email: str, role: str, agency: str, password_stdin: bool) -> None:
    """Add EMAIL and print a one-time link to choose a password."""
    from admin.auth import accounts, passwords

    database, settings = open_store()
    password = _password() if password_stdin else None
    try:
        with database.write() as session:
            token = accounts.add_account(session, email, role, agency, now_ms())
            if password is not None:
                accounts.set_password(session, email, password, now_ms())
    except accounts.AccountError as error:
        fail(error.code, str(error))
    except passwords.WeakPassword as error:
        _refuse_password(error, email)
    click.echo(email if password_stdin else f"{settings.public_url}/staff/link/{token}")


@staff.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def staff_list(as_json: bool) -> None:
    """All accounts: address, role, agency, state, last sign-in."""
    from admin.auth import accounts

    database, _ = open_store()
    with database.read() as session:
        staff_accounts = accounts.list_accounts(session)
    if as_json:
        rows = [
            {"email": one.email, "role": one.role, "agency": one.agency, "state": one.state,
             "last_sign_in": _time(one.last_sign_in_ms)}
            for one in staff_accounts
        ]  # fmt: skip
        print_json(rows)
        return
    for one in staff_accounts:
        last = _time(one.last_sign_in_ms) or gettext("never signed in")
        print_sentence(f"{one.email:<32} {one.role:<9} {one.agency:<14} {_STATES[one.state]!s:<17} {last}")


@staff.command(name="link")
@click.argument("email")
def staff_link(email: str) -> None:
    """Print a new one-time link for EMAIL; the one before it is worth nothing from now on."""
    from admin.auth import accounts

    database, settings = open_store()
    try:
        with database.write() as session:
            token = accounts.renew_link(session, email, now_ms())
    except accounts.AccountError as error:
        fail(error.code, str(error))
    click.echo(f"{settings.public_url}/staff/link/{token}")


@staff.command(name="disable")
@click.argument("email")
@click.option("--force", is_flag=True, help="Even if it is the last province account that can sign in.")
def staff_disable(email: str, force: bool) -> None:
    """Let nobody sign in as EMAIL any more: sessions end at once, the record stays."""
    from admin.auth import accounts

    database, _ = open_store()
    try:
        with database.write() as session:
            changed = accounts.disable_account(session, email, now_ms(), force=force)
    except accounts.AccountError as error:
        fail(error.code, str(error))
    if changed:
        print_sentence(
            gettext("%(email)s: disabled, the sign-ins have ended.", email=accounts.normalise_address(email))
        )
    else:
        print_sentence(gettext("It was disabled before."))


@staff.command(name="enable")
@click.argument("email")
def staff_enable(email: str) -> None:
    """Let EMAIL sign in again, with the password it had."""
    from admin.auth import accounts

    database, _ = open_store()
    try:
        with database.write() as session:
            changed = accounts.enable_account(session, email, now_ms())
    except accounts.AccountError as error:
        fail(error.code, str(error))
    if changed:
        print_sentence(gettext("%(email)s: enabled again.", email=accounts.normalise_address(email)))
    else:
        print_sentence(gettext("The account is not disabled."))


@staff.command(name="role")
@click.argument("email")
@click.option("--role", type=_ROLES, required=True, help="What they may do.")
@click.option("--agency", help="Key of another agency; else the one it has.")
@click.option("--force", is_flag=True, help="Even if it is the last province account that can sign in.")
def staff_role(email: str, role: str, agency: str | None, force: bool) -> None:
    """Give EMAIL another role, or another agency; its sessions end."""
    from admin.auth import accounts

    database, _ = open_store()
    try:
        with database.write() as session:
            changed = accounts.set_role(session, email, role, agency, now_ms(), force=force)
    except accounts.AccountError as error:
        fail(error.code, str(error))
    if changed:
        print_sentence(
            gettext("%(email)s: %(role)s, the sign-ins have ended.", email=accounts.normalise_address(email), role=role)
        )
    else:
        print_sentence(gettext("The role is so already."))


def _refuse_password(error: WeakPassword, email: str) -> NoReturn:
    from admin.auth import passwords

    values = {"email": email, "shortest": passwords.SHORTEST, "longest": passwords.LONGEST}
    fail(error.code, ACCOUNTS[error.code].sentence(values))


def _time(ms: int | None) -> str | None:
    """A time in Vietnam, to the second."""
    import datetime

    from models import clock

    return None if ms is None else datetime.datetime.fromtimestamp(ms / 1000, clock.HCM).isoformat(timespec="seconds")


def _password() -> str:
    """The first line of standard input."""
    try:
        line = sys.stdin.readline(_LONGEST).rstrip("\r\n") if sys.stdin is not None else ""
        line.encode()
    except UnicodeError:
        fail("bad_password", gettext("The password is not UTF-8 text; nothing has changed."))
    return line
