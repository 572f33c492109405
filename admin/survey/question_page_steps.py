"""The question pages after the face: their order, and what each asks. The same for every score.

`short`: topics, factor questions, then one's own words and what goes to the province alone. A questionnaire without an
overall question (`sipas23`) is asked factor by factor. An item that names stages is asked at these stages alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from admin.instruments.companion_questions import ProvinceQuestions
from models.reference.instrument import Instrument, Item
from models.tables.response import PhoneDraft
from models.vocabulary import Stage


@dataclass(frozen=True)
class Step:
    """One page: its number among all that are counted, and what stands on it."""

    number: int
    of: int
    factor: str = ""
    topics: bool = False
    items: tuple[Item, ...] = ()
    comment: bool = False
    province: ProvinceQuestions | None = None

    @property
    def last(self) -> bool:
        """Whether nothing follows but the thanks."""
        return self.number == self.of


@dataclass(frozen=True)
class FilledPage:
    """What a citizen sent with one page; None where the page did not ask."""

    answers: Mapping[str, int] = field(default_factory=dict)
    topics: Sequence[str] | None = None
    comment: str | None = None
    province: Mapping[str, int] | None = None


def list_steps(questionnaire: Instrument, province: ProvinceQuestions | None, stage: Stage | None) -> tuple[Step, ...]:
    """The pages of a questionnaire after the face (where it has one, the face is the first that is counted)."""
    items = tuple(item for item in questionnaire.factor_items if not item.stages or stage in item.stages)
    pages: list[dict[str, Any]] = []
    if questionnaire.overall is None:
        factors = dict.fromkeys(item.factor.value for item in items if item.factor is not None)
        pages += [
            {"factor": factor, "items": tuple(item for item in items if item.factor and item.factor.value == factor)}
            for factor in factors
        ]
    else:
        pages += [{"topics": True}] if questionnaire.topics else []
        pages += [{"items": items}] if items else []
        pages.append({"comment": True, "province": province})
    before = 0 if questionnaire.overall is None else 1
    return tuple(Step(before + at, before + len(pages), **page) for at, page in enumerate(pages, 1))


def fill_draft(draft: PhoneDraft, step: Step, filled: FilledPage, now_ms: int, *, sent: bool = True) -> None:
    """Keep what stood on a page in place of what stood on it before; a page that was not `sent` is still to come."""
    own = {item.id for item in step.items}
    draft.answers = {id: score for id, score in draft.answers.items() if id not in own} | dict(filled.answers)
    if filled.topics is not None:
        draft.topics = list(filled.topics)
    if step.comment:
        draft.comment = filled.comment
    if filled.province is not None:
        draft.province = dict(filled.province)
    if sent:
        draft.step = max(draft.step, step.number)
    draft.touched_ms = now_ms


def merge_filled_pages(draft: PhoneDraft, filled: FilledPage) -> FilledPage:
    """A page that was filled in without seeing what was sent of it before: both."""
    comment, more = draft.comment or "", filled.comment or ""
    words = (
        comment if f"\n\n{more}\n\n" in f"\n\n{comment}\n\n" else "\n\n".join(text for text in (comment, more) if text)
    )
    return FilledPage(
        answers={**draft.answers, **filled.answers},
        topics=None if filled.topics is None else [*draft.topics, *(t for t in filled.topics if t not in draft.topics)],
        comment=words or None,
        province=None if filled.province is None else {**draft.province, **filled.province},
    )


def page_fingerprint(draft: PhoneDraft | None, step: Step) -> str:
    """What stands on a page, in 16 characters; empty where nothing does. The page carries it, so that what was sent of
    it meanwhile from another tab is seen."""
    if draft is None:
        return ""
    own = {item.id for item in step.items}
    page_values = [
        sorted((id, score) for id, score in draft.answers.items() if id in own),
        sorted(draft.topics) if step.topics else [],
        (draft.comment or "") if step.comment else "",
        sorted(draft.province.items()) if step.province else [],
    ]
    return hashlib.sha256(json.dumps(page_values).encode()).hexdigest()[:16] if any(page_values) else ""


def loses_words(draft: PhoneDraft, step: Step, filled: FilledPage) -> bool:
    """Whether topics or words that are kept of a page would be gone with what is sent of it now."""
    topics = step.topics and set(draft.topics) - set(filled.topics or ())
    words = step.comment and (draft.comment or "") not in (filled.comment or "")
    return bool(topics or words)


def complete_filled_page(draft: PhoneDraft, filled: FilledPage) -> FilledPage:
    """A page that loses nothing (`loses_words`), with the answers that it did not show and nobody took back."""
    province = None if filled.province is None else {**draft.province, **filled.province}
    return replace(filled, answers={**draft.answers, **filled.answers}, province=province)
