"""`hailong admin verify`: every stored byte read again, and in words what is wrong with which ledger."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from admin.cli.base import fail, open_store, print_json, print_sentence
from translations import gettext, lazy, ngettext

if TYPE_CHECKING:
    from admin.ledgers.verification import CheckedLedger, LedgerDispute


@click.command(name="verify")
@click.option("--device", help="Only this device.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify_command(device: str | None, as_json: bool) -> None:
    """Re-read every stored byte and re-check every chain; exit 1 if anything is wrong."""
    from admin.ledgers import centre_key_register, verification
    from models.tables.device import Device

    database, settings = open_store()
    with database.read() as session:
        if device is not None and session.get(Device, device) is None:
            fail("unknown_device", gettext(
                "The centre has no device %(device)s. See: hailong admin devices list", device=device
            ))  # fmt: skip
        centre = centre_key_register.read_public_key(session, centre_key_register.CENTRE)
        if centre is None:
            raise centre_key_register.KeyRefused(
                centre_key_register.UNREGISTERED, [centre_key_register.CENTRE], settings.instance
            )
        ledgers = verification.verify_ledgers(session, centre, device)
        log = None if device else verification.find_log_problem(session)
    bad = [one for one in ledgers if one.first_bad is not None or one.missing or one.wrong]
    forked = [one for one in ledgers if one.disputed]
    slip_gaps = [one for one in ledgers if one.unrecorded]
    if as_json:
        ok = not (bad or forked or slip_gaps) and log is None
        print_json({"ok": ok, "ledgers": [one.as_json() for one in ledgers], "batch_log": log})
    else:
        for one in ledgers:  # one that is wrong hides no other
            for sentence in _sentences(one):
                print_sentence(f"{one.device}/{one.epoch} · {sentence}")
        print_sentence(" · ".join(_describe_totals(ledgers, len(bad), len(forked), len(slip_gaps))))
    if bad:
        one = bad[0]
        fail("ledger_broken", gettext(
            "The ledger %(ledger)s is %(broken)s. Leave the machine as it is and tell the province.",
            ledger=f"{one.device}/{one.epoch}", broken=_describe_break(one),
        ))  # fmt: skip
    if forked:
        one = forked[0]
        assert one.disputed is not None
        fail("ledger_forked", gettext(
            "The device %(device)s has two versions of the ledger %(ledger)s: %(parted)s. What was taken in stays. "
            "Leave the machine as it is and tell the province.",
            device=one.device, ledger=f"{one.device}/{one.epoch}", parted=_describe_fork(one.disputed),
        ))  # fmt: skip
    if slip_gaps:
        one, serials = slip_gaps[0], ", ".join(str(serial) for serial in slip_gaps[0].unrecorded[:10])
        fail("unrecorded_slips", ngettext(
            "The device %(device)s printed %(n)s QR slip that is not in the ledger %(ledger)s (number %(serials)s). "
            "Its answer still counts. See: hailong admin slips unrecorded",
            "The device %(device)s printed %(n)s QR slips that are not in the ledger %(ledger)s (numbers %(serials)s). "
            "Their answers still count. See: hailong admin slips unrecorded",
            len(one.unrecorded), device=one.device, ledger=f"{one.device}/{one.epoch}", serials=serials,
        ))  # fmt: skip
    if log is not None:
        fail("log_broken", gettext(
            "The centre's log of what it took in is wrong at %(place)s. Leave the machine as it is and tell the "
            "province.", place=_in_words(log),
        ))  # fmt: skip


def _describe_totals(ledgers: list[CheckedLedger], bad: int, forked: int, slip_gaps: int) -> list[str]:
    """How many ledgers and lines were read, and of how many ledgers something is to be told."""
    entries = sum(one.last for one in ledgers)
    sums = [
        ngettext("%(n)s ledger", "%(n)s ledgers", len(ledgers)),
        ngettext("%(n)s line", "%(n)s lines", entries),
        ngettext("%(n)s ledger with something wrong", "%(n)s ledgers with something wrong", bad),
    ]
    if forked:
        sums.append(ngettext("%(n)s ledger with two versions", "%(n)s ledgers with two versions", forked))
    if slip_gaps:
        sums.append(ngettext(
            "%(n)s ledger lacking slips that were answered", "%(n)s ledgers lacking slips that were answered", slip_gaps
        ))  # fmt: skip
    return sums


def _sentences(one: CheckedLedger) -> list[str]:
    """What people are told of a ledger; nothing usually."""
    sentences = []
    if one.first_bad is not None or one.missing or one.wrong:
        sentences.append(_describe_break(one))
    if one.after_end:
        sentences.append(ngettext(
            "%(n)s line (from number %(first)s on) written after the ledger was closed; results stay",
            "%(n)s lines (from number %(first)s on) written after the ledger was closed; results stay",
            len(one.after_end), first=one.after_end[0],
        ))  # fmt: skip
    if one.disputed is not None:
        sentences.append(gettext("has two versions: %(parted)s", parted=_describe_fork(one.disputed)))
        if one.unconfirmed:
            sentences.append(ngettext(
                "%(n)s used QR slip is not in the version here and not confirmed yet",
                "%(n)s used QR slips are not in the version here and not confirmed yet", len(one.unconfirmed),
            ))  # fmt: skip
    if one.unrecorded:
        sentences.append(ngettext(
            "%(n)s used QR slip is not in the ledger", "%(n)s used QR slips are not in the ledger", len(one.unrecorded)
        ))  # fmt: skip
    return sentences


def _describe_break(one: CheckedLedger) -> str:
    """What is wrong with a ledger, and from which line on."""
    why = "; ".join(map(_in_words, one.wrong)) or gettext("lines were changed or are missing")
    if one.first_bad is None:
        return gettext("wrong: %(why)s", why=why)
    return gettext("wrong from number %(first)s on: %(why)s", first=one.first_bad, why=why)


def _describe_fork(disputed: LedgerDispute) -> str:
    """Where a ledger parts into two, and what evidence is kept of it."""
    from models.clock import date_and_time

    where = gettext("they differ from the beginning")
    if disputed.seq:
        where = gettext("they differ from number %(seq)s on", seq=disputed.seq)
    if disputed.first_ms is None:
        return where
    return ngettext(
        "%(where)s, %(n)s proof signed by the device, first seen %(moment)s",
        "%(where)s, %(n)s proofs signed by the device, first seen %(moment)s",
        disputed.n, where=where, moment=date_and_time(disputed.first_ms),
    )  # fmt: skip


#: What `admin.ledgers.verification` writes into its document, each with places for its numbers.
_FINDINGS = (
    lazy("entries of a ledger without a certificate"), lazy("certificate cannot be read"),
    lazy("certificate is not signed by this centre"), lazy("certificate is not the one the ledger began with"),
    lazy("the ledger's head is not the one that was acknowledged"),
    lazy("entries up to %(seq)s were accepted before it was closed, and are not here"),
    lazy("entry %(seq)s is not the one at which it was closed"),
    lazy("%(after)s entries after number %(seq)s, at which it was closed"),
    lazy("batch %(number)s cannot be read"), lazy("batch %(number)s is not signed by the device"),
    lazy("batch %(number)s"), lazy("the last batch"),
)  # fmt: skip


def _in_words(finding: str) -> str:
    """A finding of the document in the language in force; as it is where its words are not known here."""
    for one in _FINDINGS:
        pattern = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>[0-9]+)", re.escape(one.message))
        if match := re.fullmatch(pattern, finding):
            return gettext(one.message, **match.groupdict())
    return finding
