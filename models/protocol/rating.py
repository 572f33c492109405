"""The payload of a rating entry: what a citizen answered, and where; never who.

Written by the desk and by the centre's own recorder, read by the projection. No officer, no text, no slip and no
transaction stand in it; those are commitments (`models.protocol.sidecar.KINDS`) opened by sidecars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.protocol.sidecar import KINDS
from models.vocabulary import Channel, ResponseState, Stage

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")


class BadRating(ValueError):
    """The payload cannot be a rating; `code` is the reason the projection keeps."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rating:
    """One response as it stands in the ledger. `answers` are item id → score (0: not applicable), in order;
    `ms` are milliseconds spent per screen; `undos` how often a tap was taken back; `off_hours` that it was tapped
    outside the desk's opening hours; `month` (`2026-10`) when that is all a paper form says of its day."""

    agency: str
    desk: str | None
    instrument: str
    version: int
    channel: Channel
    state: ResponseState
    lang: str
    answers: Mapping[str, int]
    topics: Sequence[str] = ()
    stage: Stage | None = None
    procedure: str | None = None
    decider: str | None = None
    undos: int = 0
    ms: Mapping[str, int] = field(default_factory=dict)
    commitments: Mapping[str, str] = field(default_factory=dict)
    drill: bool = False
    off_hours: bool = False
    month: str | None = None

    def payload(self) -> dict[str, Any]:
        """The object that stands in the entry under `p`. Absent things are left out."""
        p: dict[str, Any] = {
            "agency": self.agency,
            "answers": [[id, score] for id, score in self.answers.items()],
            "channel": self.channel.value,
            "instrument": self.instrument,
            "lang": self.lang,
            "state": self.state.value,
            "version": self.version,
        }
        optional: dict[str, Any] = {
            "decider": self.decider,
            "desk": self.desk,
            "drill": self.drill or None,
            "off_hours": self.off_hours or None,
            "month": self.month,
            "ms": [[screen, spent] for screen, spent in self.ms.items()] or None,
            "procedure": self.procedure,
            "stage": self.stage.value if self.stage else None,
            "topics": list(self.topics) or None,
            "undos": self.undos or None,
        }
        p.update((key, value) for key, value in optional.items() if value is not None)
        p.update(self.commitments)
        return p


def parse(p: Mapping[str, Any]) -> Rating:
    """The rating of an entry's payload. Raises `BadRating` with a stable code; never another error."""
    try:
        pairs = p["answers"]
        answers = {id: score for id, score in pairs}
        if len(answers) != len(pairs) or not all(type(id) is str and type(score) is int for id, score in pairs):
            raise BadRating("bad_score")
        topics = p.get("topics", [])
        if type(topics) is not list or not all(type(topic) is str for topic in topics):
            raise BadRating("bad_payload")
        texts = [p["agency"], p["instrument"], p["lang"]]
        texts += [p[key] for key in ("desk", "procedure", "decider") if p.get(key) is not None]
        if not all(type(text) is str for text in texts) or type(p["version"]) is not int:
            raise BadRating("bad_payload")
        if not 0 < p["version"] < 32_768 or "\0" in "".join([*texts, *topics, *answers]):
            raise BadRating("bad_payload")
        return Rating(
            agency=p["agency"],
            desk=p.get("desk"),
            instrument=p["instrument"],
            version=p["version"],
            channel=Channel(p["channel"]),
            state=ResponseState(p["state"]),
            lang=p["lang"],
            answers=answers,
            topics=tuple(dict.fromkeys(topics)),
            stage=Stage(p["stage"]) if p.get("stage") is not None else None,
            procedure=p.get("procedure"),
            decider=p.get("decider"),
            commitments={key: p[key] for key in KINDS if type(p.get(key)) is str},
            drill=p.get("drill") is True,
            off_hours=p.get("off_hours") is True,
            month=_month(p.get("month")),
        )
    except BadRating:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise BadRating("bad_payload") from error


def _month(value: Any) -> str | None:
    if value is not None and not (type(value) is str and _MONTH.match(value)):
        raise BadRating("bad_payload")
    return value
