"""The second figure: the index without the answers that two persons excluded.

It stands beside the one that holds all of them. Flags move nothing: the headline counts every counted answer. The
second figure is told only when nobody or at least 5 answers were left out, since the two together say what those few
answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from admin.statistics.breakdowns import NOTHING, FigureScope, compute_headline
from admin.statistics.measures import thresholds
from admin.statistics.measures.index import Answers, Figure, make_shown_figure
from admin.statistics.tallies.questionnaire_items import Questionnaire


@dataclass(frozen=True)
class IndexWithoutExcluded:
    """`figure` leaves out `excluded` answers (0, or at least 5); both are None where they may not be told. It has no
    distribution: beside the first one it would show what each of the few chose. `count_open_flags` counts cases nobody
    has decided yet; they move nothing."""

    figure: Figure | None
    excluded: int | None
    open_flags: int

    @property
    def differs(self) -> bool:
        """Whether answers were left out and that may be told."""
        return bool(self.excluded)


def compute_without_excluded(
    parts: Mapping[bool, Answers],
    questionnaire: Questionnaire,
    whole: Figure,
    flags: int,
    scope: FigureScope,
    *,
    unsuppressed: bool = False,
) -> IndexWithoutExcluded:
    """The second figure of a scope whose headline is `whole`, from its answers: those under an exclusion by True, all
    others by False. `flags` is how many answers are flagged and not decided."""
    measure, out = (
        compute_headline(parts.get(False, NOTHING), questionnaire),
        compute_headline(parts.get(True, NOTHING), questionnaire).n,
    )
    is_shown = (
        whole.shown in ("full", "none")
        and thresholds.may_show_difference(out)
        and thresholds.may_show_difference(measure.n)
    )
    is_shown = is_shown and (not out or scope.excluded_told())  # noughts are shown
    if not (is_shown or unsuppressed):
        return IndexWithoutExcluded(None, None, flags)
    figure = make_shown_figure(measure, unsuppressed=unsuppressed) if out or unsuppressed else whole
    return IndexWithoutExcluded(replace(figure, counts=None), out, flags)


def count_open_flags(session: Session, keys: Collection[str], months: Collection[str]) -> int:
    """How many flags on answers of these agencies and months nobody has decided yet. Nothing raises flags so far."""
    return 0
