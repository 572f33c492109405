"""Fair use of the citizens' pages: what was counted lately, for the request at hand.

What lets a code be looked at while very many are wrong is the page it was typed on: the form carries when it was drawn,
under a seal. Whoever has no cookies has that too.
"""

from __future__ import annotations

import re
import secrets

from flask import current_app, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import CentreKeys
from admin.slips.anonymous_request_limits import PAGE_AGE_MS, PAGE_OLD_MS, AnonymousCounts, AnonymousLimits
from admin.slips.slip_proof import ProvedSlip, SlipRefused
from admin.web import client_network
from models.protocol import form_seal
from models.tables.response import LaterAnswer

_PAGE = re.compile(r"([0-9]{1,15})\.([0-9a-f]{16})\.([0-9a-f]{32})", re.ASCII)


def process_counts() -> AnonymousCounts:
    """What this process counted; begun at the first call, with its share of what several processes take together."""
    counts: AnonymousCounts | None = current_app.extensions.get("counts")
    if counts is None:
        limits = AnonymousLimits().shared(current_app.extensions.get("processes", 1))
        counts = current_app.extensions.setdefault("counts", AnonymousCounts(limits))
    return counts


def request_network() -> str:
    """The name of the network that asks."""
    return client_network.network_name(request)


def running_clock_ms() -> int:
    """The running clock, in ms."""
    now: int = current_app.extensions["clock"]().mono
    return now


def make_form_stamp() -> str:
    """What a form for a code carries: when it is drawn, a random word, and the seal of both. Asks the store for
    nothing."""
    stamp = f"{_now_ms()}.{secrets.token_hex(8)}"
    return f"{stamp}.{form_seal.make_seal(_centre().page_key, _subject(stamp))}"


def read_form_stamp() -> str:
    """The name of the page that this request's code was typed on; empty where it came with none of ours, or with one
    that is too young or too old to be a person's."""
    match = _PAGE.fullmatch(request.form.get("page", ""))
    if match is None:
        return ""
    stamp = f"{match[1]}.{match[2]}"
    if not form_seal.is_valid_seal(_centre().page_key, _subject(stamp), match[3]):
        return ""
    return stamp if PAGE_AGE_MS <= _now_ms() - int(match[1]) <= PAGE_OLD_MS else ""


def check_second_answer_limit(session: Session, proved: ProvedSlip) -> None:
    """Let an answer stand beside the first one on a slip. Raises `SlipRefused` (`slip_crowded`) for a network that
    has added very many to it."""
    stand = select(func.count()).where(
        LaterAnswer.device_id == proved.device_id,
        LaterAnswer.epoch == proved.slip.epoch,
        LaterAnswer.serial == proved.slip.serial,
    )
    if not process_counts().may_answer_beside(
        request_network(), proved.tie, session.scalar(stand) or 0, running_clock_ms()
    ):
        raise SlipRefused("slip_crowded", proved)


def _centre() -> CentreKeys:
    centre_keys: CentreKeys = current_app.extensions["centre"]
    return centre_keys


def _now_ms() -> int:
    now: int = current_app.extensions["clock"]().t
    return now


def _subject(stamp: str) -> str:
    return f"page for a code\n{stamp}"
