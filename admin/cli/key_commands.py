"""`hailong admin keys`: every key of the centre with its state, and the way out when one is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from admin.cli.base import WHO, fail, open_store, print_json, print_warning, require_signing_clock
from translations import gettext, lazy, ngettext
from translations.collation import unmarked
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from admin.ledgers.centre_key_register import KeyFileState
    from admin.settings import Settings
    from models.storage.database import Database

#: What each key is for.
_PURPOSES = {
    "centre.key": lazy("signs receipts and devices' certificates"),
    "centre.box": lazy("opens files carried by hand from desks without a network"),
    "centre.codes": lazy("the code typed by hand under the QR of a slip"),
    "centre.pages": lazy("seals pages and follow-up codes on phones"),
    "c-web-1.key": lazy("signs the ledger of answers from phones and of the one-stop software"),
    "c-import.key": lazy("signs the ledger of paper forms taken in"),
}
#: What goes with each, a sentence each.
_LOST = {
    "centre.key": (
        lazy(
            "Devices at the desks no longer trust the centre's receipts and must be paired again one by one; "
            "what they send is still taken."
        ),
        lazy("A device paired after this backup can no longer come back by itself under its old certificate."),
    ),
    "centre.box": (
        lazy(
            "Files carried by hand and sealed for the old key can no longer be opened; a device keeps its "
            "answers until it has receipts and must export them again after it has synced over the network "
            "once."
        ),
    ),
    "centre.codes": (
        lazy("Codes typed by hand from slips already printed no longer work; the QR on the same slip still does."),
        lazy("Each desk prints codes that work again after its next sync."),
    ),
    "centre.pages": (
        lazy(
            "Pages that are open on phones and staff's screens must be opened again; answers half filled in "
            "are kept."
        ),
        lazy(
            "Who opens the page of thanks again sees another follow-up code, which finds nothing; codes "
            "written down before still work."
        ),
        lazy("A phone that rated by the QR on the wall today may rate once more."),
    ),
    "c-web-1.key": (
        lazy(
            "No answer is deleted: the ledger c-web-1 closes at its last line and opens a new epoch; nobody "
            "writes to the old epoch any more."
        ),
    ),
    "c-import.key": (
        lazy(
            "No answer is deleted: the ledger c-import closes at its last line and opens a new epoch; nobody "
            "writes to the old epoch any more."
        ),
    ),
}
_STATES = {
    "ok": lazy("in place"),
    "missing": lazy("FILE MISSING"),
    "other": lazy("ANOTHER KEY"),
    "damaged": lazy("FILE DAMAGED"),
    "unregistered": lazy("not registered"),
}
#: What is typed as the second confirmation.
_ACCEPTED = lazy("accept the loss")


@click.group(cls=TranslatedGroup, name="keys", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def keys_group(ctx: click.Context, as_json: bool) -> None:
    """List every key of the centre with its state; exit 1 if one is not as it should be. Needs no secret."""
    if ctx.invoked_subcommand is not None:
        return
    from admin.ledgers import centre_key_register

    database, settings = open_store()
    with database.read() as session:
        files = centre_key_register.inspect_key_files(session, settings.instance)
        epochs = _epochs(session)
    if as_json:
        print_json({"ok": all(one.state == "ok" for one in files), "keys": [_row(one, epochs) for one in files]})
    for one in () if as_json else files:
        _show(one, epochs.get(one.name))
    centre_key_register.check_key_files(files, settings.instance)


def _show(one: KeyFileState, epoch: int | None) -> None:
    """Print the lines of a key: as it is, and those it replaced."""
    from models.keys import fingerprint

    mark = fingerprint(one.known.public) if one.known else "-"
    since = _day(one.known.since_ms) if one.known else "-"
    purpose = str(_PURPOSES[one.name])
    if epoch is not None:
        purpose += "; " + gettext("epoch %(epoch)s of the ledger", epoch=epoch)
    click.echo(f"{one.name:<13} {_STATES[one.state]!s:<13} {mark:<19} {since:<10} {purpose}")
    for old in one.former:
        until = gettext("until %(day)s", day=_day(old.until_ms or 0))
        state = gettext("replaced")
        click.echo(f"{'':<13} {state:<13} {fingerprint(old.public):<19} {_day(old.since_ms):<10} {until}")


@keys_group.command(name="replace")
@click.argument("name", type=click.Choice(tuple(_PURPOSES)))
@click.option("--yes", is_flag=True, help="First confirmation, for scripts: this key is to be replaced.")
@click.option("--yes-lost", is_flag=True, help="Second confirmation, for scripts: the named losses are accepted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def keys_replace(name: str, yes: bool, yes_lost: bool, as_json: bool) -> None:
    """Put a new key in the place of NAME when no backup holds the old one. Says what goes with it; asks twice."""
    from admin.ledgers import centre_key_register, centre_key_replacement
    from models.keys import fingerprint
    from models.protocol import entry_chain

    database, settings = open_store()
    with database.read() as session:
        key_file = next(
            one for one in centre_key_register.inspect_key_files(session, settings.instance) if one.name == name
        )
        devices = centre_key_replacement.list_pinned_devices(session) if name == centre_key_register.CENTRE else []
        epoch = _epochs(session).get(name)
    if key_file.state == "unregistered":
        raise centre_key_register.KeyRefused(key_file.state, [name], settings.instance)
    if epoch is not None and epoch >= entry_chain.MAX_EPOCH:
        fail("name_ended", gettext(
            "The ledger of %(name)s is in its last epoch (%(epoch)s), no new one can be opened. Nothing has changed. "
            "Restore the old key's file from a backup, or call support.", name=name, epoch=entry_chain.MAX_EPOCH,
        ))  # fmt: skip
    state = str(_STATES[key_file.state]).lower()
    print_warning(gettext("%(name)s: %(purpose)s; now %(state)s.", name=name, purpose=_PURPOSES[name], state=state))
    for line in _LOST[name]:
        print_warning(str(line))
    if devices:
        print_warning(ngettext(
            "%(n)s device must be paired again: %(devices)s.", "%(n)s devices must be paired again: %(devices)s.",
            len(devices), devices=", ".join(devices),
        ))  # fmt: skip
    _confirm(yes, gettext("Type %(name)s to replace this key", name=name), name)
    accepted = str(_ACCEPTED)
    _confirm(yes_lost, gettext("Type “%(words)s” to confirm what is said above", words=accepted), accepted)
    done = centre_key_replacement.replace_key(
        database, settings.instance, name, require_signing_clock(database).ms, WHO
    )
    waits = _begin_epochs(database, settings)
    with database.read() as session:
        epoch = _epochs(session).get(name)
    if as_json:
        lost = [str(line) for line in _LOST[name]]
        print_json({"name": name, "fingerprint": fingerprint(done.public), "kept": done.aside, "lost": lost,
                  "devices": list(done.devices), "epoch": epoch})  # fmt: skip
    else:
        click.echo(fingerprint(done.public))
    if done.aside:
        print_warning(gettext("The old file is kept: %(file)s", file=done.aside))
    print_warning(gettext("If the centre's server is running, start it again; back up the new key's file at once."))
    if done.devices:
        print_warning(gettext(
            "With each device: stop the service on it, carry an export (hailong kiosk export) here and take it in, put "
            "the files kiosk.sqlite* away elsewhere (do not delete them; a device that still has its store cannot be "
            "paired again), then hailong admin devices enrol DESK, hailong kiosk enrol on the device, and start the "
            "service again."
        ))  # fmt: skip
    if waits:
        print_warning(waits)


def _confirm(already: bool, question: str, expected: str) -> None:
    if already:
        return
    try:
        typed = str(click.prompt(question, default="", show_default=False, err=True))
    except click.Abort:
        click.echo(err=True)  # what follows does not stand behind the question
        typed = ""
    if _unmarked(typed) != _unmarked(expected):
        fail("not_confirmed", gettext("Not confirmed. Nothing has changed."))


def _unmarked(text: str) -> str:
    """A text as a console without Vietnamese writes it."""
    return unmarked(" ".join(text.split()))


def _begin_epochs(database: Database, settings: Settings) -> str | None:
    """Begin the epochs of recorders whose key is a new one; says what is still in the way, or None."""
    from admin.ledgers import centre_clock, centre_key_register, recorder, signing_keys

    try:
        centre = signing_keys.load_centre_keys(settings)
    except centre_key_register.KeyRefused as error:
        return f"{error.code}: {error}"
    at = require_signing_clock(database)
    for device in centre.recorder_keys:
        with database.write() as session:
            recorder.lock_open_epoch(session, centre, device, at.ms)
            centre_clock.record_signed_time(session, at.ms)
    return None


def _epochs(session: Session) -> dict[str, int]:
    """The file of each recorder's key → the number of its ledger's epoch."""
    from sqlalchemy import func, select

    from admin.ledgers import centre_key_register
    from models.tables.device import Epoch

    newest = select(Epoch.device_id, func.max(Epoch.epoch)).group_by(Epoch.device_id)
    epochs: dict[str, int] = {device: epoch for device, epoch in session.execute(newest)}
    return {file: epochs[device] for device, file in centre_key_register.RECORDERS.items() if device in epochs}


def _row(one: KeyFileState, epochs: dict[str, int]) -> dict[str, Any]:
    """A key as the JSON document has it."""
    from models.keys import fingerprint

    return {
        "name": one.name,
        "purpose": str(_PURPOSES[one.name]),
        "state": one.state,
        "fingerprint": fingerprint(one.known.public) if one.known else None,
        "since": _moment(one.known.since_ms) if one.known else None,
        "epoch": epochs.get(one.name),
        "replaced": [
            {"fingerprint": fingerprint(old.public), "since": _moment(old.since_ms),
             "until": _moment(old.until_ms or 0)}
            for old in one.former
        ],
    }  # fmt: skip


def _moment(ms: int) -> str:
    import datetime

    from models import clock

    return datetime.datetime.fromtimestamp(ms / 1000, clock.HCM).isoformat(timespec="seconds")


def _day(ms: int) -> str:
    from models import clock

    return clock.local_day(ms)
