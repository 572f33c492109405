"""Other methods for the same answers: what the headline would be if something else weighed.

Each stands by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from admin.presentation import charts, labels, phrases
from admin.statistics.queries import AgencyRow, Figure, IndexFacts, RollUps
from translations import formats, ngettext
from translations import gettext as _


@dataclass(frozen=True)
class MethodFigure:
    """One way: its index and the ends of its interval, each None where there is none, what they rest on, and where
    they stand on the common scale."""

    name: str
    index: Fraction | None
    ends: tuple[charts.Value, charts.Value] | None
    note: str
    whisker: charts.Whisker | None = None


@dataclass(frozen=True)
class MethodComparison:
    """All ways on one scale; the first is the headline."""

    axis: charts.Axis | None
    rows: list[MethodFigure]


def build_method_comparison(
    facts: IndexFacts, key: str, rows: Sequence[AgencyRow]
) -> MethodComparison:
    """The other ways for an agency (or province) `key`; `rows` are all agencies of the province. Nothing where the
    headline is not shown."""
    whole = facts.headline
    if whole.index is None:
        return MethodComparison(None, [])
    ways = [MethodFigure(_("All answers in one (the index shown)"), whole.index, whole.interval,
                _("%(n)s answers", n=phrases.describe_count(whole)))]  # fmt: skip
    others = (_mean(facts.roll_ups(key, rows)), _weighted(facts), _bounds(facts))
    ways += [way for way in others if way is not None]
    if len(ways) == 1:
        return MethodComparison(None, [])
    ends: list[charts.Value] = [end for way in ways for end in way.ends or ()]
    ends += [way.index for way in ways if way.index is not None]
    axis = charts.make_percent_axis(ends, step=5, least=20, most_ticks=2)
    return MethodComparison(axis, [_placed(way, axis, whole) for way in ways])


def _mean(roll_ups: RollUps) -> MethodFigure | None:
    if roll_ups.mean is None or roll_ups.agencies < 2:
        return None
    note = ngettext("%(n)s agency with enough answers", "%(n)s agencies with enough answers",
                    roll_ups.agencies)  # fmt: skip
    if roll_ups.left_out:
        left = ngettext("%(n)s with too few is left out", "%(n)s with too few are left out",
                        roll_ups.left_out)  # fmt: skip
        note = f"{note}; {left}"
    return MethodFigure(_("Mean of agencies"), roll_ups.mean, None, note)


def _weighted(facts: IndexFacts) -> MethodFigure | None:
    weighting = facts.stage_weighted
    if weighting is None:
        return None
    note = _("%(n)s dossiers: %(stages)s", n=formats.number(weighting.dossiers), stages=_stages(weighting.stages))
    if weighting.left_out:
        left_out = _("without: %(stages)s", stages=_stages(weighting.left_out))
        note = f"{note}; {left_out}"
    return MethodFigure(_("Each stage weighed by its dossiers"), weighting.index, weighting.interval, note)


def _bounds(facts: IndexFacts) -> MethodFigure | None:
    bounds = facts.bounds
    if bounds is None:
        return None
    note = _("%(n)s answers for %(dossiers)s dossiers, whatever the others think",
             n=formats.number(bounds.n), dossiers=formats.number(bounds.dossiers))  # fmt: skip
    return MethodFigure(_("With those who did not answer"), None, (bounds.low, bounds.high), note)


def _stages(ids: Sequence[str]) -> str:
    return ", ".join(phrases.localize_text(labels.stage_label(id)) for id in ids)


def _placed(way: MethodFigure, axis: charts.Axis, whole: Figure) -> MethodFigure:
    whisker = charts.make_whisker(axis, way.index, way.ends, whole.index)
    return MethodFigure(way.name, way.index, way.ends, way.note, whisker)
