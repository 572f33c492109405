"""Companion questions beside the questionnaires: those whose answers go to the province alone.

With them stands how SIPAS names the place of service for each kind of agency, and what factors are called today where a
version of a questionnaire, which cannot change, has an earlier name. They are no part of a questionnaire's
version: adding or changing them touches no figure, and no frozen report differs for it. Their answers name the version
of these questions themselves.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from admin.instruments import translations
from models.protocol import province_only_answers
from models.reference.instrument import Instrument
from models.reference.localized_text import LocalText
from translations import OWN_NAMES

DATA = Path(__file__).resolve().parent / "data" / "beside"
NAMES = ("province", "places", "factors")
_PLACE = "{place}"


@dataclass(frozen=True)
class CompanionQuestion:
    """A question with a few answers in words: value → text, in order."""

    id: str
    text: LocalText
    choices: tuple[tuple[int, LocalText], ...]


@dataclass(frozen=True)
class ProvinceQuestions:
    """The questions for the province alone, in one version."""

    id: str
    version: int
    questions: tuple[CompanionQuestion, ...]

    def opening(self, answers: Mapping[str, int]) -> str:
        """The answers as they travel beside an entry (kind `x`): canonical JSON."""
        answer_pairs = [(question.id, answers[question.id]) for question in self.questions if question.id in answers]
        return province_only_answers.dump(self.id, self.version, answer_pairs)


@functools.cache
def read_companion_document(name: str) -> dict[str, Any]:
    """The newest version of the document `name` (one of `NAMES`) in `data/beside/`."""
    newest = max(DATA.glob(f"{name}-*.json"), key=lambda path: int(path.stem.rpartition("-")[2]))
    value: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return value


def read_companion_documents() -> list[dict[str, Any]]:
    """All of them as they are asked now, for whoever looks for texts without a translation."""
    return [read_companion_document(name) for name in NAMES]


def read_province_questions() -> ProvinceQuestions:
    """The questions for the province as they are asked now, in every language there is."""
    value = translations.overlay_translations(read_companion_document("province"), tuple(OWN_NAMES))
    return ProvinceQuestions(
        value["id"],
        value["version"],
        tuple(
            CompanionQuestion(
                row["id"],
                LocalText(row["text"]),
                tuple((int(choice["value"]), LocalText(choice["text"])) for choice in row["choices"]),
            )
            for row in value["questions"]
        ),
    )


def _places() -> dict[str, LocalText]:
    kinds = translations.overlay_translations(read_companion_document("places"), tuple(OWN_NAMES))["kinds"]
    return {kind: LocalText(text) for kind, text in kinds.items()}


def name_place_of_service(questionnaire: Instrument, kind: str) -> Instrument:
    """The questionnaire as it is asked at an agency of this kind: the place of service by its name there."""
    places = _places()
    place = places.get(kind, places[""])
    items = tuple(
        replace(item, text=_named(item.text, place), name=_named(item.name, place)) for item in questionnaire.items
    )
    return replace(questionnaire, items=items)


def rename_factors(questionnaire: dict[str, Any]) -> dict[str, Any]:
    """A questionnaire's document with its factors as they are called today, there and on the items named after them."""
    today: dict[str, dict[str, str]] = read_companion_document("factors").get(str(questionnaire.get("id")), {})
    before: dict[str, dict[str, str]] = questionnaire.get("factors", {})
    if not today.keys() & before.keys():
        return questionnaire
    items = [
        item | {"name": today[item["factor"]]}
        if item.get("factor") in today and item.get("name") == before.get(item["factor"]) else item
        for item in questionnaire["items"]
    ]  # fmt: skip
    factors = {factor: today.get(factor, name) for factor, name in before.items()}
    return questionnaire | {"factors": factors, "items": items}


def current_factor_name(questionnaire: Instrument, factor: str) -> LocalText:
    """What a factor of a questionnaire is called today; its letter where it has no name."""
    today = translations.overlay_translations(read_companion_document("factors"), tuple(OWN_NAMES)).get(
        questionnaire.id, {}
    )
    texts = today.get(factor) if factor in questionnaire.factor_names else None
    return LocalText(texts) if texts else questionnaire.factor_names.get(factor, LocalText({"vi": factor}))


def _named(text: LocalText, place: LocalText) -> LocalText:
    """`text` with the place's name in each language; a sentence that begins with it begins with a capital."""
    text_by_language = {}
    for language, words in text.items():
        filled = words.replace(_PLACE, place.text(language))
        text_by_language[language] = filled[:1].upper() + filled[1:]
    return LocalText(text_by_language)
