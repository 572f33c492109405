"""Stages of a dossier: the index of each, and the whole weighted as dossiers fall on them.

Those whose dossier was refused answer less often than those who got what they came for; weighting each stage by its
dossiers says what the index would be if all stages had answered alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.statistics.breakdowns import FigureScope, compute_headline
from admin.statistics.measures import intervals, population_estimates, thresholds
from admin.statistics.measures.index import Figure, Measure
from admin.statistics.measures.intervals import Interval
from admin.statistics.measures.population_estimates import Stratum
from admin.statistics.tallies import cache, reader
from admin.statistics.tallies.questionnaire_items import Questionnaire
from models.tables.agency import DossierMonth
from models.tables.tally import TallyMonth
from models.vocabulary import Stage

#: The stage of answers nobody knows the stage of.
UNKNOWN = ""


@dataclass(frozen=True)
class StageWeightedIndex:
    """The share of satisfied if every stage weighed by its `dossiers`, in per cent, with a 95 % interval (square and
    add over Wilson's intervals of the stages). `stages` entered; `left_out` have dossiers, but no or too few answers.
    """

    index: Fraction
    interval: Interval
    stages: tuple[str, ...]
    left_out: tuple[str, ...]
    dossiers: int


def figures_by_stage(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    measures: Mapping[str, Measure],
) -> list[tuple[str, Figure]]:
    """The headline of each stage that has answers, in the order of a dossier's life; an unknown stage (empty) last.

    `measures` are those of `measure_stages`. A stage that is hidden is not named.
    """
    return _shown(FigureScope(session, instrument, keys, months), measures)


def compute_stage_weighted(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    measures: Mapping[str, Measure],
) -> StageWeightedIndex | None:
    """The index of a period weighted by stage, from the `measures` of `measure_stages`.

    None unless at least two stages have dossiers and answers that may be told, the method is a plain share, and the
    whole has 30 answers. The weights are those of the agencies and months that counted dossiers by stage.
    """
    if any(measure.satisfied is None for measure in measures.values()):
        return None
    if sum(measure.n for measure in measures.values()) < thresholds.ENOUGH:
        return None
    if len(measures) < 2:
        return None
    stage_figures = _shown(FigureScope(session, instrument, keys, months), measures)
    shown_stages = {stage for stage, figure in stage_figures if figure.shown in ("full", "n_only")}
    counted = _dossiers(session, keys, months)
    strata = {
        stage: Stratum(counted[stage], measures[stage].n, measures[stage].satisfied or 0)
        for stage in counted
        if stage in shown_stages
    }
    index = population_estimates.weighted_share(strata.values())
    if index is None or len(strata) < 2:
        return None
    left_out = tuple(stage for stage in _ordered(counted) if stage not in strata)
    return StageWeightedIndex(
        index, _interval(index, list(strata.values())), tuple(_ordered(strata)), left_out,
        sum(stratum.dossiers for stratum in strata.values()),
    )  # fmt: skip


def measure_stages(
    session: Session, keys: Collection[str], months: Collection[str], questionnaire: Questionnaire
) -> dict[str, Measure]:
    """What a questionnaire's method finds for each stage that has answers, in order. Stays inside this package."""
    groups = reader.read_answers_by(
        session, (TallyMonth.stage,), keys, months, questionnaire, items=reader.find_headline_items(questionnaire)
    )
    measures = {stage: compute_headline(answers, questionnaire) for (stage,), answers in groups.items()}
    return {stage: measures[stage] for stage in _ordered(measures) if measures[stage].n}


def _shown(scope: FigureScope, measures: Mapping[str, Measure]) -> list[tuple[str, Figure]]:
    """The stages that may be named."""
    return list(scope.figures("stage", measures).items())


def _ordered(stages: Collection[str]) -> list[str]:
    order = [*(stage.value for stage in Stage), UNKNOWN]
    return sorted(stages, key=lambda stage: (order.index(stage) if stage in order else len(order), stage))


def _dossiers(session: Session, keys: Collection[str], months: Collection[str]) -> dict[str, int]:
    """Stage → dossiers received. Where an agency's month has rows for all fields of a stage, those alone are read."""
    d = DossierMonth
    statement = (
        select(d.agency_key, d.month, d.stage, d.field, d.received)
        .where(d.month.in_(months), d.stage != "")
    )
    if len(keys) <= cache.FEW_AGENCIES:
        statement = statement.where(d.agency_key.in_(keys))
    rows: dict[tuple[str, str, str], dict[bool, int]] = {}
    for agency, month, stage, field, n in session.execute(statement):
        if agency in keys:
            parts = rows.setdefault((agency, month, stage), {})
            parts[not field] = parts.get(not field, 0) + n
    sums: dict[str, int] = {}
    for (_, _, stage), parts in rows.items():
        sums[stage] = sums.get(stage, 0) + parts.get(True, parts.get(False, 0))
    return {stage: n for stage, n in sums.items() if n}


def _interval(index: Fraction, strata: Sequence[Stratum]) -> Interval:
    """The interval of a weighted sum of shares from the interval of each (Zou & Donner 2008), within 0 and 100."""
    dossiers = sum(stratum.dossiers for stratum in strata)
    with localcontext() as context:
        context.prec = 28
        below = above = Decimal(0)
        for stratum in strata:
            share = Decimal(100 * stratum.satisfied) / stratum.n
            low, high = intervals.wilson_interval(stratum.satisfied, stratum.n)
            weight = Decimal(stratum.dossiers) / dossiers
            below += (weight * (share - low)) ** 2
            above += (weight * (high - share)) ** 2
        middle = Decimal(index.numerator) / index.denominator
        return max(Decimal(0), middle - below.sqrt()), min(Decimal(100), middle + above.sqrt())
