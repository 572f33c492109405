"""Availability of languages: Vietnamese, and those that are complete and confirmed by the province.

Complete is a fact about files and questionnaires, looked at anew each time: a questionnaire in a new version, or a
screen with a new sentence, takes a language back by itself until its words are there. A confirmation is for the words
as they were; other words ask for a new one. English comes with the product: without a word of the province it counts as
confirmed, and may be withdrawn like any other.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import translations
from admin.error_catalogue.account_errors import LANGUAGES
from admin.instruments import companion_questions, store
from admin.instruments import translations as question_texts
from models.errors import CodedError
from models.tables.agency import Language
from models.tables.staff_account import AuditRow, StoreMark
from translations import DEFAULT, OWN_NAMES, loader
from translations.maintenance import completeness
from translations.maintenance.completeness import Gap

#: The questionnaires whose texts a language must have: the short one, and the long one the phone offers after it.
ASKED = ("short", "sipas23")
#: Offered unless the province withdraws it.
SHIPPED = loader.SOURCE


class LanguageRefused(CodedError):
    """The language cannot be confirmed or withdrawn; `gaps` is what is missing."""

    table = LANGUAGES

    def __init__(self, code: str, gaps: tuple[Gap, ...] = ()) -> None:
        super().__init__(code)
        self.gaps = gaps


@dataclass(frozen=True)
class LanguageState:
    """How a language stands. `state`: `list_offered_languages`, `incomplete`, `unconfirmed`, `changed` (its words are
    others than those confirmed), `withdrawn`. `confirmed_ms` is milliseconds since 1970 (UTC)."""

    code: str
    name: str
    state: str
    gaps: tuple[Gap, ...]
    confirmed_ms: int | None = None
    confirmed_by: str = ""


@dataclass(frozen=True)
class _Words:
    """What is known of a language's words: what is missing, a digest of all of them, and those sent to desks."""

    gaps: tuple[Gap, ...]
    digest: str
    wire: dict[str, Any] | None


_judged: dict[str, tuple[object, _Words]] = {}


def list_offered_languages(session: Session) -> tuple[tuple[str, str], ...]:
    """The languages citizens may choose, Vietnamese first: code and own name."""
    return tuple((one.code, one.name) for one in list_language_states(session) if one.state == "offered")


def read_wire_words(code: str) -> dict[str, Any] | None:
    """The words of an offered language as they are sent to desks, which need not have it installed; None for the two
    that every desk has. Ask right after `list_offered_languages`."""
    cached = _judged.get(code)
    return cached[1].wire if cached else None


def list_language_states(session: Session) -> list[LanguageState]:
    """Every language there is, and those that were confirmed once and are gone."""
    translations.refresh_languages()
    rows = {row.code: row for row in session.scalars(select(Language))}
    documents = read_documents_in_use(session)
    return [_find_language_state(session, code, name, rows.get(code), documents) for code, name in OWN_NAMES.items()]


def _find_language_state(
    session: Session, code: str, name: str, row: Language | None, documents: list[dict[str, Any]]
) -> LanguageState:
    words = _find_language_gaps(code, documents)
    confirmed = (row.confirmed_ms, row.confirmed_by) if row else (None, "")
    if code == DEFAULT:
        state = "offered"
    elif words.gaps:
        state = "incomplete"
    elif row is None:
        state = "offered" if code == SHIPPED else "unconfirmed"
    elif row.confirmed_ms is None:
        state = "withdrawn"
    elif code == SHIPPED:
        state = "offered"
    else:
        mark = session.get(StoreMark, _mark(code))
        state = "offered" if mark is not None and mark.value == words.digest else "changed"
    return LanguageState(code, name, state, words.gaps, *confirmed)


def confirm_language(session: Session, code: str, who: str, now_ms: int) -> None:
    """The province says: these words may be shown to citizens. `now_ms`: milliseconds since 1970 (UTC). Raises
    `LanguageRefused` and then changes nothing."""
    translations.refresh_languages()
    if code not in OWN_NAMES:
        raise LanguageRefused("unknown_language")
    words = _find_language_gaps(code, read_documents_in_use(session))
    if words.gaps:
        raise LanguageRefused("incomplete", words.gaps)
    row = session.get(Language, code) or Language(code=code)
    row.confirmed_ms, row.confirmed_by = now_ms, who[:120]
    session.add(row)
    session.merge(StoreMark(name=_mark(code), value=words.digest))
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action="language_confirmed", subject=f"{code} {words.digest}"))
    session.flush()


def withdraw_language(session: Session, code: str, who: str, now_ms: int) -> None:
    """Citizens are no longer offered this language. Raises `LanguageRefused`."""
    if code == DEFAULT:
        raise LanguageRefused("always_offered")
    row = session.get(Language, code)
    if row is None and code not in OWN_NAMES:
        raise LanguageRefused("unknown_language")
    row = row or Language(code=code)
    row.confirmed_ms, row.confirmed_by = None, who[:120]
    session.add(row)
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action="language_withdrawn", subject=code))
    session.flush()


def read_documents_in_use(session: Session) -> list[dict[str, Any]]:
    """The questionnaires citizens are asked now, those that are open, and what is asked beside them."""
    documents = companion_questions.read_companion_documents()
    for id in ASKED:
        try:
            documents.append(store.read_current_document(session, id))
        except KeyError:
            continue
    return documents + companion_questions.read_companion_documents()


def _mark(code: str) -> str:
    return f"language:{code}"


def _find_language_gaps(code: str, documents: list[dict[str, Any]]) -> _Words:
    """What the language lacks, and a digest of all it says; kept until a file or a questionnaire changes."""
    own = [text[code] for one in documents for text in question_texts.find_texts(one) if text.get(code)]
    needed = question_texts.find_needed_wordings(documents, code)
    key = (loader.find_catalogue_stamp(code), tuple(own), tuple(needed))
    cached = _judged.get(code)
    if cached is not None and cached[0] == key:
        return cached[1]
    gaps = tuple(completeness.find_gaps(code, needed))
    digest, wire = "", None
    if not gaps and code not in (DEFAULT, SHIPPED):
        wire = completeness.export_language(code)
        contents = [wire, own, [loader.load_question_texts(code)[text] for text in needed]]
        digest = hashlib.sha256(json.dumps(contents, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    _judged[code] = key, _Words(gaps, digest, wire)
    return _judged[code][1]
