"""Proof that an address leads this browser to its own answer: what stands in it as `k`.

It is made when a face was touched (or when somebody said that an unfinished answer is theirs), and goes from page to
page. It holds in the browser it was made for alone: the cookie is sealed with it. A browser that sent no cookie with
the face has nothing else to show; so whoever has its address is believed, as long as the answer is open and for a day
after the face (`BARE_MS`), never longer.

A browser is not a person: on a shared phone or a hall's computer the cookie says nothing about who sits there. So a
browser that comes back without this proof is asked, and shown nothing of what was said (`admin.survey.slip_views`).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from admin.survey import phone_request
from models.clock import DAY_MS
from models.protocol import form_seal

#: How long after the face an address without a cookie opens the thanks of an answer that is recorded.
BARE_MS = DAY_MS


@dataclass(frozen=True)
class AnswerProof:
    """What an address proves. `text`: as it stands there; `since`: the first page whose content may be shown (those
    before it were sent before this tab came); `bare`: made for a browser without a cookie."""

    text: str
    since: int = 0
    bare: bool = False


def make_own_answer_proof(key: str, id: str, since: int = 0) -> AnswerProof:
    """The proof for this request's browser that the answer `id` on the way `key` (a slip's token, a poster's desk) is
    its own."""
    cookie = request.cookies.get(phone_request.COOKIE, "")
    seal = _seal(key, id, since, cookie)
    return AnswerProof(f"{since}.{seal}" if since else seal, since, bare=not cookie)


def read_answer_proof(key: str, id: str) -> AnswerProof | None:
    """What this request's address proves of the answer `id`; None: nothing."""
    text = request.args.get("k", "")[:60]
    number, dot, seal = text.rpartition(".")
    if dot and not (number.isascii() and number.isdigit()):
        return None
    since = int(number) if dot else 0
    for cookie in dict.fromkeys((request.cookies.get(phone_request.COOKIE, ""), "")):
        if form_seal.is_valid_seal(phone_request.centre().page_key, _subject(key, id, since, cookie), seal):
            return AnswerProof(text, since, bare=not cookie)
    return None


def _seal(key: str, id: str, since: int, cookie: str) -> str:
    return form_seal.make_seal(phone_request.centre().page_key, _subject(key, id, since, cookie))


def _subject(key: str, id: str, since: int, cookie: str) -> str:
    return f"answer\n{key}\n{id}\n{since}\n{cookie}"
