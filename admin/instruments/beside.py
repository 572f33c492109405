"""What stands beside the questionnaires without being one: the questions whose answers go to the province alone, and how
SIPAS names the place of service for each kind of agency.

They are no part of a questionnaire's version: adding or changing them touches no figure, and no frozen report differs
for it. Their answers name the version of these questions themselves.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models import canonical
from models.instrument import Instrument
from models.localtext import LocalText

DATA = Path(__file__).resolve().parent / "data" / "beside"
_PLACE = "{place}"


@dataclass(frozen=True)
class Question:
    """A question with a few answers in words: value → text, in order."""

    id: str
    text: LocalText
    choices: tuple[tuple[int, LocalText], ...]


@dataclass(frozen=True)
class ForProvince:
    """The questions for the province alone, in one version."""

    id: str
    version: int
    questions: tuple[Question, ...]

    def opening(self, answers: Mapping[str, int]) -> str:
        """The answers as they travel beside an entry (kind `x`): canonical JSON."""
        given = [[question.id, answers[question.id]] for question in self.questions if question.id in answers]
        return canonical.dump({"answers": given, "id": self.id, "version": self.version}).decode()


def document(name: str) -> dict[str, Any]:
    """The newest version of the document `name` in `data/beside/`."""
    newest = max(DATA.glob(f"{name}-*.json"), key=lambda path: int(path.stem.rpartition("-")[2]))
    value: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return value


@functools.cache
def for_province() -> ForProvince:
    """The questions for the province as they are asked now."""
    value = document("province")
    return ForProvince(
        value["id"],
        value["version"],
        tuple(
            Question(
                row["id"],
                LocalText(row["text"]),
                tuple((int(choice["value"]), LocalText(choice["text"])) for choice in row["choices"]),
            )
            for row in value["questions"]
        ),
    )


@functools.cache
def _places() -> dict[str, LocalText]:
    return {kind: LocalText(text) for kind, text in document("places")["kinds"].items()}


def placed(questionnaire: Instrument, kind: str) -> Instrument:
    """The questionnaire as it is asked at an agency of this kind: the place of service by its name there."""
    places = _places()
    place = places.get(kind, places[""])
    items = tuple(
        replace(item, text=_named(item.text, place), name=_named(item.name, place)) for item in questionnaire.items
    )
    return replace(questionnaire, items=items)


def _named(text: LocalText, place: LocalText) -> LocalText:
    """`text` with the place's name in each language; a sentence that begins with it begins with a capital."""
    found = {}
    for language, words in text.items():
        filled = words.replace(_PLACE, place.text(language))
        found[language] = filled[:1].upper() + filled[1:]
    return LocalText(found)
