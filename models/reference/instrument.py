"""Questionnaires as data: items, factors, scale, topics, stages and texts of one version.

They are versioned, and immutable once open. An instrument is a JSON document (its files stand in
`admin/instruments/data/`); the centre stores every version it ever opened and sends the current ones to the desks.
Answers are kept as given, raw score and version, never converted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.reference.localized_text import LocalText
from models.vocabulary import NOT_APPLICABLE, Factor, Stage


class InstrumentError(ValueError):
    """The document is not a usable instrument; the message names the place."""


@dataclass(frozen=True)
class Item:
    """One question. `factor` is None for the overall question; `stages` empty means: any stage."""

    id: str
    text: LocalText
    factor: Factor | None
    name: LocalText
    stages: frozenset[Stage]
    not_applicable: bool


@dataclass(frozen=True)
class Topic:
    """Something a citizen may wish to say more about; a neutral noun, mapped to a factor."""

    id: str
    text: LocalText
    factor: Factor


@dataclass(frozen=True)
class Instrument:
    """One version of a questionnaire."""

    id: str
    version: int
    name: LocalText
    method: str
    items: tuple[Item, ...]
    scale: tuple[tuple[int, LocalText], ...]
    topics: tuple[Topic, ...]
    first_topic_ids: tuple[str, ...]
    factor_names: Mapping[str, LocalText]
    texts: Mapping[str, LocalText]

    def item(self, id: str) -> Item:
        """The item with this id; KeyError when the instrument has none."""
        for item in self.items:
            if item.id == id:
                return item
        raise KeyError(id)

    @property
    def overall(self) -> Item | None:
        """The overall question, if the instrument has one."""
        return next((item for item in self.items if item.factor is None), None)

    @property
    def factor_items(self) -> tuple[Item, ...]:
        """The items that belong to a factor, in order."""
        return tuple(item for item in self.items if item.factor is not None)

    @property
    def first_topics(self) -> tuple[Topic, ...]:
        """The topics shown at once; the rest opens behind "Thêm"."""
        by_id = {topic.id: topic for topic in self.topics}
        return tuple(by_id[id] for id in self.first_topic_ids)

    def problem(self, answers: Mapping[str, int]) -> str | None:
        """Why these answers cannot be answers to this instrument (`bad_score`, `unknown_item`), or None."""
        items = {item.id: item for item in self.items}
        scores = {score for score, _ in self.scale}
        for id, score in answers.items():
            if id not in items:
                return "unknown_item"
            if type(score) is not int:
                return "bad_score"
            if score not in scores and not (score == NOT_APPLICABLE and items[id].not_applicable):
                return "bad_score"
        return None


def parse(document: Mapping[str, Any]) -> Instrument:
    """The instrument of a JSON document. Raises `InstrumentError` naming what is missing or doubled."""
    try:
        items = tuple(
            Item(
                id=item["id"],
                text=LocalText(item["text"]),
                factor=Factor(item["factor"]) if item.get("factor") else None,
                name=LocalText(item.get("name", {})),
                stages=frozenset(Stage(stage) for stage in item.get("stages", ())),
                not_applicable=bool(item.get("not_applicable", False)),
            )
            for item in document["items"]
        )
        instrument = Instrument(
            id=document["id"],
            version=document["version"],
            name=LocalText(document["name"]),
            method=document["method"],
            items=items,
            scale=tuple((int(step["score"]), LocalText(step["text"])) for step in document["scale"]),
            topics=tuple(
                Topic(topic["id"], LocalText(topic["text"]), Factor(topic["factor"]))
                for topic in document.get("topics", ())
            ),
            first_topic_ids=tuple(document.get("first_topics", ())),
            factor_names={key: LocalText(text) for key, text in document.get("factors", {}).items()},
            texts={key: LocalText(text) for key, text in document.get("texts", {}).items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InstrumentError(f"instrument document: {error!r}") from error
    ids = [item.id for item in items] + [topic.id for topic in instrument.topics]
    if len(set(ids)) != len(ids):
        raise InstrumentError("instrument document: an id stands twice")
    if set(instrument.first_topic_ids) - {topic.id for topic in instrument.topics}:
        raise InstrumentError("instrument document: first_topics names an unknown topic")
    return instrument


@functools.lru_cache(maxsize=64)
def parse_text(document: str) -> Instrument:
    """The same of the document as text; one that was read before is not read again."""
    return parse(json.loads(document))
