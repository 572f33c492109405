"""A paper form, read from one line of a table: its answers, when and where, and the id it keeps.

The id of a form without one follows from what it says, so that the same file, exported again in any order and in any
way, is the same forms. What was ignored, and what masking takes out of a comment, is part of nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin.error_catalogue.answer_file_errors import ANSWER_FILES
from admin.imports import timestamps
from admin.imports.columns import Column, Header
from admin.imports.mapping import TableMapping
from admin.imports.tables.table_errors import TableError, quote_cell
from admin.imports.tables.table_lines import Formula, TableLine, Told, fold_text
from models import masking
from models.errors import CodedError
from models.protocol import canonical
from models.reference.instrument import Instrument
from models.reference.localized_text import clean_typed_text
from models.vocabulary import NOT_APPLICABLE, Channel, Stage

#: As long as a comment on a phone (`admin.survey.forms`), and as an id may be.
MAX_COMMENT, MAX_ID = 1000, 200
_UNKNOWN_ANSWERS = Path(__file__).parent / "data" / "unknown_answers.json"
#: A whole number as some programs write it: 5.0
_WHOLE = re.compile(r"\A(\d+)[.,]0+\Z")
_TOLD_EVERY = 2000


@dataclass(frozen=True, slots=True)
class FormPlace:
    """Where the forms were filled in, and what may be named there: desks by code and name, procedures likewise, as
    folded words → code. `valid_from`, `valid_to` are the agency's days."""

    agency: str
    desks: Mapping[str, str]
    procedures: Mapping[str, str]
    valid_from: str
    valid_to: str | None


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One form. `id` is the response's; `own_id` whether the file named it; `at` reads 2026-10-14T09:30:05, 2026-10-14
    or 2026-10, as far as it is known; `ms` is a moment in it (ms since 1970, UTC)."""

    line: int
    id: str
    own_id: bool
    answers: Mapping[str, int]
    topics: tuple[str, ...]
    comment: str | None
    stage: Stage | None
    desk: str | None
    procedure: str | None
    at: str
    ms: int

    @property
    def month(self) -> str:
        """The month it belongs to."""
        return self.at[:7]


@dataclass
class ParsedForms:
    """What a file holds: forms that can be taken, and what is wrong with the others. `lines` are those below the
    header that are not empty."""

    papers: list[PaperForm]
    errors: list[TableError]
    lines: int

    @property
    def bad_lines(self) -> int:
        """How many lines cannot be taken."""
        return len({error.line for error in self.errors})


class _BadCell(CodedError):
    """One cell that cannot be read."""

    table = ANSWER_FILES


class FormParser:
    """Reads the lines of one file. `month` is where forms without a day belong, `now_ms` the centre's clock."""

    def __init__(
        self, questionnaire: Instrument, mapping: TableMapping, place: FormPlace, month: str | None, now_ms: int
    ) -> None:
        self.asked, self.mapping, self.place, self.month, self.now_ms = questionnaire, mapping, place, month, now_ms
        head = {"agency": place.agency, "channel": Channel.PAPER.value, "instrument": questionnaire.id}
        self._head = canonical.dump(head) + b"\n"
        self._scores = mapping.answers or own_answer_words(questionnaire)
        self._topics = sorted(
            (
                (fold_text(words), topic.id)
                for topic in questionnaire.topics
                for words in (topic.id, *topic.text.values())
            ),
            key=lambda one: (-len(one[0]), one),
        )

    def read(self, lines: Sequence[TableLine], header: Header, progress: Told) -> ParsedForms:
        """Every line as a form, or what is wrong with it: all of it, not the first thing alone."""
        forms = ParsedForms([], [], len(lines))
        columns = header.by_target()
        repeated: Counter[bytes] = Counter()
        lines_by_id: dict[str, int] = {}
        for count, line in enumerate(lines, 1):
            paper = self._paper(line, columns, header, repeated, lines_by_id, forms.errors)
            if paper is not None:
                forms.papers.append(paper)
            if count % _TOLD_EVERY == 0:
                progress(count)
        return forms

    def _paper(
        self, line: TableLine, columns: Mapping[str, Column], header: Header, repeated: Counter[bytes],
        lines_by_id: dict[str, int], errors: list[TableError],
    ) -> PaperForm | None:  # fmt: skip
        before = len(errors)
        values: dict[str, Any] = {}
        width = len(header.columns) and header.columns[-1].place + 1
        if any(line.cells[width:]):
            errors.append(TableError("extra_cells", line.number))
        for target, column in columns.items():
            cell = line.cell(column.place)
            try:
                if isinstance(cell, Formula):
                    raise _BadCell("formula", cell=quote_cell(cell))
                values[target] = self._value(target, cell) if cell else None
            except _BadCell as error:
                name, called = error.kind.name, str(column.target)
                errors.append(TableError(name, line.number, column.letter, called, error.values))
        answers = {item.id: values[item.id] for item in self.asked.items if values.get(item.id) is not None}
        if len(errors) == before:
            errors += self._whole(line, values, answers, columns, lines_by_id)
        if len(errors) > before:
            return None
        at = values.get("answered_at")
        date_text = at.written if at is not None else self.month or ""
        plain = {
            "answers": [[id, score] for id, score in answers.items()],
            "at": date_text,
            **{name: values[name] for name in ("comment", "desk", "procedure", "stage", "topics") if values.get(name)},
        }
        id = values.get("id")
        if id is None:
            row = canonical.dump(plain, limit=1 << 16)
            repeated[row] += 1
            key = b"row %d\n" % repeated[row] + row
        else:
            lines_by_id[id] = line.number
            key = b"id\n" + id.encode()
        return PaperForm(
            line=line.number,
            id=hashlib.sha256(self._head + key).hexdigest()[:32],
            own_id=id is not None,
            answers=answers,
            topics=tuple(values.get("topics") or ()),
            comment=values.get("comment"),
            stage=Stage(values["stage"]) if values.get("stage") else None,
            desk=values.get("desk"),
            procedure=values.get("procedure"),
            at=date_text,
            ms=min(at.ms if at is not None else timestamps.noon_ms(f"{date_text}-01"), self.now_ms),
        )

    def _whole(
        self, line: TableLine, values: Mapping[str, Any], answers: Mapping[str, int], columns: Mapping[str, Column],
        lines_by_id: Mapping[str, int],
    ) -> list[TableError]:  # fmt: skip
        """What is wrong with a form whose cells can all be read."""
        errors = []

        def add(name: str, target: str, **values: object) -> None:
            column = columns.get(target)
            errors.append(TableError(name, line.number, column.letter if column else "", values=values))

        overall = self.asked.overall
        if overall is not None and answers.get(overall.id, NOT_APPLICABLE) == NOT_APPLICABLE:
            add("no_answer.overall", overall.id, item=overall.id)
        elif not any(score != NOT_APPLICABLE for score in answers.values()):
            add("no_answer", "")
        at = values.get("answered_at")
        if at is None and self.month is None:
            add("no_date", "answered_at")
        elif at is not None and timestamps.is_after(at, self.now_ms):
            add("future", "answered_at", day=at.written)
        else:
            day = at.written[:10] if at is not None else self.month or ""
            if day < self.place.valid_from[: len(day)] or (day + "-01")[:10] >= (self.place.valid_to or "9999"):
                add("agency_not_there", "answered_at", day=day)
        if values.get("id") in lines_by_id:
            add("doubled_id", "id", first=lines_by_id[values["id"]])
        return errors

    def _value(self, target: str, cell: str) -> Any:
        match target:
            case "id":
                if len(cell) > MAX_ID:
                    raise _BadCell("bad_id", most=MAX_ID)
                return cell
            case "answered_at":
                moment = timestamps.parse_timestamp(cell, self.mapping.dates)
                if moment is None:
                    raise _BadCell("bad_date", cell=quote_cell(cell), dates=self.mapping.dates)
                return moment
            case "comment":
                words = clean_typed_text(cell)
                if len(words) > MAX_COMMENT:
                    raise _BadCell("long_comment", n=len(words), most=MAX_COMMENT)
                return masking.mask_text(words) or None
            case "stage":
                return self._named(cell, self.mapping.stages, {stage.value: stage.value for stage in Stage}, "stages")
            case "desk":
                return self._named(cell, self.mapping.desks, self.place.desks, "desks")
            case "procedure":
                return self._named(cell, self.mapping.procedures, self.place.procedures, "procedures")
            case "topics":
                return self._chosen(cell)
        return self._score(target, cell)

    def _named(self, cell: str, replacements: Mapping[str, str], ids_by_name: Mapping[str, str], table: str) -> str:
        word = fold_text(cell)
        value = ids_by_name.get(fold_text(replacements.get(word, word)))
        if value is None:
            raise _BadCell(f"unknown_{table.removesuffix('s')}", cell=quote_cell(cell), table=table)
        return value

    def _score(self, item: str, cell: str) -> int:
        word = fold_text(_WHOLE.sub(r"\1", cell))
        score = self._scores.get(word)
        if score is None or score == NOT_APPLICABLE and not self.asked.item(item).not_applicable:
            raise _BadCell("bad_answer", cell=quote_cell(cell))
        return score

    def _chosen(self, cell: str) -> list[str]:
        """Topics ticked in one cell, however they are parted: Google Forms puts commas, and some topics hold one."""
        left, topic_ids = fold_text(cell).replace(", ", ","), set()
        for words, id in self._topics:
            plain = words.replace(", ", ",")
            if plain in left:
                left = left.replace(plain, " ")
                topic_ids.add(id)
        rest = left.strip(" ,;|")
        if any(c.isalnum() for c in rest):
            raise _BadCell("unknown_topic", cell=quote_cell(rest))
        return [topic.id for topic in self.asked.topics if topic.id in topic_ids]


@functools.cache
def unknown_answer_words() -> tuple[str, ...]:
    """What people and forms call "don't know" where no mapping says it."""
    return tuple(json.loads(_UNKNOWN_ANSWERS.read_text(encoding="utf-8"))["answers"])


def own_answer_words(questionnaire: Instrument) -> dict[str, int]:
    """What the questionnaire itself calls its answers: 5, "Rất hài lòng", "5 - Rất hài lòng", "Rất hài lòng (5)"."""
    scores = {fold_text(words): NOT_APPLICABLE for words in (*unknown_answer_words(), str(NOT_APPLICABLE))}
    for score, texts in questionnaire.scale:
        scores[str(score)] = score
        for words in texts.values():
            plain = fold_text(words)
            scores[plain] = score
            for sign in (" - ", " – ", "-", ". ", ": ", ") ", " = "):
                scores[f"{score}{sign}{plain}"] = score
            scores[f"{plain} ({score})"] = score
    return scores

