"""Late words: what a citizen sends for an answer that is sealed already.

A sealed answer cannot be changed. Words are kept beside it (`admin.responses.sidecars.add_further_words`) as long as
its slip lives; choices are not, and whoever made them is told and gets them back as they stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import WEB
from admin.responses import sidecars
from models import masking
from models.protocol import province_only_answers
from models.tables.response import OpenedSidecar, Response, ResponseName


@dataclass(frozen=True)
class StoredAnswer:
    """What is stored of a sealed answer: item → score, topics, its own words and those that came afterwards, and what
    went to the province alone."""

    answers: Mapping[str, int] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    words: str = ""
    more_words: str = ""
    province: Mapping[str, int] = field(default_factory=dict)

    def says(self, words: str) -> bool:
        """Whether these words, as they were typed, are stored already."""
        text = masking.mask_text(words)
        return text == self.words or (bool(self.more_words) and sidecars.append_words(self.more_words, text) ==
                                      self.more_words)  # fmt: skip


def read_stored_answer(session: Session, response: Response | None) -> StoredAnswer:
    """What is stored of a phone's answer."""
    if response is None:
        return StoredAnswer()
    o = OpenedSidecar
    own = response.id.rpartition("/")[2]  # as the recorder of phones named it
    statement = select(o.kind, o.value).where(o.device_id == WEB, o.id == own, o.kind.in_(("c", *sidecars.NOTES, "x")))
    values = {kind: value for kind, value in session.execute(statement)}
    return StoredAnswer(
        response.answers,
        frozenset(response.topics),
        values.get("c", ""),
        sidecars.join_words(values),
        province_only_answers.parse(values["x"]) if "x" in values else {},
    )


def add_late_words(session: Session, id: str, words: str, now_ms: int) -> bool:
    """Keep words, masked, for the sealed answer `id`. False: so many were written that there is no room."""
    return sidecars.add_further_words(session, ResponseName(WEB, id), masking.mask_text(words), now_ms)
