"""Citizens at the tablets while the power is cut, and what they were told is safe.

Each citizen goes some way through the flow: tap, take the tap back, topics, further questions, send, or refuse. What a
step acknowledged (its 303) must be in the ledger after the next start, once; what was under way when the power went may
be there or not.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from bench.http_tablet import RequestRefused, Tablet

#: The steps that write, in the order of the flow; a cut is aimed at each in turn.
TAP, UNDO, TOPICS, ANSWER, SEND, DECLINE = STEPS = ("tap", "undo", "topics", "answer", "send", "decline")


@dataclass
class CitizenRecord:
    """What one citizen was told is recorded. `score` None: taken back, or refused. `maybe`: what was under way."""

    score: int | None = None
    topic: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    state: str = ""
    maybe: int | None = None

    def kept(self, p: dict[str, Any] | None) -> bool:
        """Whether the rating `p` of the ledger (None: there is none) holds all of it."""
        if p is None:
            return self.score is None and not self.state
        answers = dict(p["answers"])
        overall = answers.pop("overall", None)
        if overall not in (self.score, self.maybe or self.score):
            return False
        answers_fit = (not self.topic or self.topic in p.get("topics", ())) and self.answers.items() <= answers.items()
        return bool(answers_fit) and self.state in ("", p["state"])


@dataclass
class Crowd:
    """All citizens of one run: id → what they were told, the step each tablet is at, and those the power ended."""

    told: dict[str, CitizenRecord] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)
    ended_at: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def acknowledged(self) -> int:
        """How many ratings somebody was told of."""
        return len(self.told)

    def wait_for(self, step: str, seconds: float) -> None:
        """Return when a tablet is at `step`, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and step not in self.at.values():
            time.sleep(0.0002)


def visit_tablet(port: int, seed: float, alone: bool, crowd: Crowd) -> None:
    """One citizen after the other at one tablet, until the power is gone. Where several tablets share the desk, the
    tap of one seals what the others left open: there people only tap or refuse."""
    tablet, chance, me = Tablet(port), random.Random(seed), threading.get_ident()

    def step(name: str) -> None:
        crowd.at[me] = name

    try:
        while not crowd.stop.is_set():
            step("")
            fields, record = tablet.page(), CitizenRecord()
            id = fields["id"]
            if chance.random() < 0.15:
                step(DECLINE)
                tablet.post("/decline", fields)
                record.state = "declined"
                crowd.told[id] = record
                continue
            step(TAP)
            score = chance.randint(1, 5)
            tablet.tap(fields, score)
            record.score = score
            crowd.told[id] = record
            crowd.begun.set()
            if alone and chance.random() < 0.8:
                _say_more(tablet, id, record, chance, step)
    except (RequestRefused, OSError, HTTPException, ValueError):
        crowd.ended_at[crowd.at.get(me, "")] += 1
    finally:
        tablet.close()


def _say_more(tablet: Tablet, id: str, record: CitizenRecord, chance: random.Random, step: Any) -> None:
    if chance.random() < 0.3:
        step("")
        seal = tablet.form(f"/rate/{id}/topics")
        step(UNDO)
        record.maybe = record.score
        record.score = None
        again = tablet.post(f"/rate/{id}/undo", seal)
        record.maybe = None
        step("")
        fields = tablet.form(again, "/rate")
        step(TAP)
        record.maybe = chance.randint(1, 5)
        tablet.tap(fields, record.maybe)
        record.score, record.maybe = record.maybe, None
    step("")
    fields, topic = tablet.topics(id)
    step(TOPICS)
    address = tablet.post(f"/rate/{id}/topics", {**fields, "topic": topic, "act": "send"})
    record.topic = topic
    while "/factor/" in address:
        item = address.partition("?")[0].rpartition("/")[2]
        step("")
        seal = tablet.form(address)
        if chance.random() < 0.2:
            step(SEND)
            address = tablet.post(address, {**seal, "act": "skip"})
        else:
            step(SEND if item == "E" else ANSWER)
            score = chance.randint(1, 5)
            address = tablet.post(address, {**seal, "score": str(score)})
            record.answers[item] = score
    record.state = "complete"
