"""Roll-ups from agencies to the tree above them, and bounds for all who were served.

The bounds lead from those who answered to all. Both ways to roll a tree up, each by its name: all answers in one (the
headline), and the mean of the agencies; and the bounds between which the share lies whatever those think who did not
answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from admin.statistics.agency_comparison import AgencyRow
from admin.statistics.breakdowns import compute_headline
from admin.statistics.measures import population_estimates, thresholds
from admin.statistics.measures.index import Answers, Figure
from admin.statistics.response_rates import (
    GUIDANCE,
    Dossiers,
    compute_response_rate,
    count_dossiers,
    count_guidance_answers,
    find_covered_keys,
)
from admin.statistics.tallies import reader
from admin.statistics.tallies.agency_tree import read_parents
from admin.statistics.tallies.questionnaire_items import read_questionnaire
from models.tables.tally import TallyMonth


@dataclass(frozen=True)
class RollUps:
    """`pooled`: every answer weighs the same. `mean`: every agency weighs the same, over the `agencies` directly below
    whose index may be shown; `left_out` have answers, but too few. Both in per cent, None where they may not be shown.
    """

    pooled: Fraction | None
    mean: Fraction | None
    agencies: int
    left_out: int


@dataclass(frozen=True)
class Bounds:
    """Between `low` and `high` per cent of all `dossiers` were satisfied, `n` of which answered."""

    low: Fraction
    high: Fraction
    n: int
    dossiers: int


def compute_roll_ups(session: Session, agency_key: str, rows: Sequence[AgencyRow], figure: Figure) -> RollUps:
    """Both roll-ups of the tree under an agency whose headline is `figure`, from the rows of its list of agencies.

    An agency whose index is hidden is left out of the mean: from the mean and the others its index would follow.
    """
    below = {key for key, above in read_parents(session).items() if above == agency_key}
    figures = [row.figure for row in rows if row.key in below]
    published = [part for part in figures if part.index is not None]
    hidden = sum(part.shown not in ("full", "none") for part in figures)
    shares = [(part.satisfied, part.n) for part in published if part.satisfied is not None and part.n is not None]
    if len(shares) == len(published):
        mean = population_estimates.mean_of_agencies(shares)
    else:
        mean = sum((part.index or Fraction(0) for part in published), Fraction(0)) / len(published)
    return RollUps(figure.index, mean, len(published), hidden)


def compute_bounds(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    figure: Figure,
    counted: Dossiers | None = None,
    channel_answers: Mapping[str, Answers] | None = None,
) -> Bounds | None:
    """The non-response bounds of a scope whose headline is `figure`, over the agencies and months whose dossiers were
    counted, and the answers that belong to a dossier (`response_rates`). `counted` spares reading the dossiers again,
    `channel_answers` (channel → all answers) the answers.

    None without dossiers or with more answers than dossiers, where the method is no plain share, where the headline is
    not shown, where fewer than 5 answers stand in the headline and not here, which would follow from both, and where
    the response rate is withheld: the bounds and the dossiers give the number of answers as the rate does.
    """
    counted = counted or count_dossiers(session, keys, months)
    if counted is None or figure.index is None or figure.satisfied is None or figure.n is None:
        return None
    if compute_response_rate(session, keys, months, instrument, counted, channel_answers).value is None:
        return None
    questionnaire = read_questionnaire(session, instrument)
    covered = find_covered_keys(session, keys, counted)
    if count_guidance_answers(session, covered, counted.months, instrument).tied:
        groups = reader.read_answers_by(
            session,
            (TallyMonth.stage,),
            covered,
            counted.months,
            questionnaire,
            items=reader.find_headline_items(questionnaire),
            channels=reader.TIED,
        )
        answers = reader.merge_answers([part for (stage,), part in groups.items() if stage != GUIDANCE])
    elif channel_answers is not None and covered == set(keys) and set(counted.months) == set(months):
        answers = reader.merge_answers([part for channel, part in channel_answers.items() if channel in reader.TIED])
    else:
        answers = reader.read_answers(
            session,
            covered,
            counted.months,
            questionnaire,
            items=reader.find_headline_items(questionnaire),
            channels=reader.TIED,
        )
    measure = compute_headline(answers, questionnaire)
    if (
        measure.satisfied is None
        or measure.n < thresholds.ENOUGH
        or not thresholds.may_show_difference(figure.n - measure.n)
    ):
        return None
    bounds = population_estimates.satisfaction_bounds(counted.received, measure.n, measure.satisfied)
    return None if bounds is None else Bounds(*bounds, measure.n, counted.received)
