"""Figures beside a headline: rank ranges, second figure, other responses, stages, gap, breaks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from admin.statistics import queries
from models.storage.database import Database
from models.tables.agency import Agency, DossierMonth, StoredInstrument
from tests.fixtures.tally_rows import SHORT, SIPAS, add_answers, add_outcome, add_tally_row

OCTOBER = ("2026-10",)


def test_ranks_stay_within_a_group(database: Database) -> None:
    with database.write() as session:
        for key, satisfied, n in (("W1", 30, 30), ("W2", 190, 200), ("W3", 38, 40), ("W4", 460, 500),
                                  ("W5", 255, 300), ("W6", 33, 41), ("W7", 12, 12)):  # fmt: skip
            session.add(Agency(key=key, parent_key="NB", kind="ward", name_vi=key, valid_from="2025-07-01"))
            session.flush()
            add_answers(session, key, (n - satisfied, 0, 0, 0, satisfied))
        add_answers(session, "SNV", (50, 0, 0, 0, 50))
    with database.read() as session:
        groups = {group.id: group for group in queries.rank_agencies(session, "NB", "2026-10", "short")}
        again = queries.rank_agencies(
            session, "NB", "2026-10", "short", queries.compare_all_agencies(session, "NB", "2026-10", "short")
        )
    assert list(groups) == ["department", "ward", "commune"]
    assert list(groups.values()) == again
    wards = groups["ward"]
    assert [(one.row.key, one.rank.best, one.rank.worst) for one in wards.ranked] == [
        ("W1", 1, 4), ("W2", 1, 4), ("W3", 1, 6), ("W4", 1, 4), ("W5", 4, 6), ("W6", 4, 6)
    ]  # fmt: skip
    assert [one.rank.place for one in wards.ranked] == [1, 2, 2, 4, 5, 6]
    assert ([row.key for row in wards.few], [row.key for row in wards.none]) == (["W7"], ["HL"])
    department = groups["department"]
    assert [(one.row.key, one.rank.best, one.rank.of) for one in department.ranked] == [("SNV", 1, 1)]
    found = queries.find_rank(list(groups.values()), "W5")
    assert found is not None and (found.best, found.worst, found.of) == (4, 6, 6)
    assert queries.find_rank(list(groups.values()), "W7") is None


def test_a_kind_nobody_named_is_a_group_of_its_own() -> None:
    assert [queries.group_of(kind) for kind in ("ward", "branch", "vertical", "hamlet")] == [
        "ward", "vertical", "vertical", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(("out", "told"), [(0, True), (1, False), (4, False), (5, True), (60, True)])
def test_the_second_figure_is_told_when_nobody_or_five_differ(lone: Database, out: int, told: bool) -> None:
    with lone.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 90))
        add_answers(session, "HL", (out, 0, 0, 0, 0), excluded=1)
    with lone.read() as session:
        whole = queries.read_figure(session, {"HL"}, OCTOBER, "short")
        second = queries.IndexFacts(session, {"HL"}, "2026-10", "short").without_excluded
    assert whole.index == Fraction(9000, 100 + out)
    assert (second.excluded, second.open_flags) == (out if told else None, 0)
    assert second.differs is (told and out > 0)
    if told:
        assert second.figure is not None
        assert (second.figure.index, second.figure.n, second.figure.counts) == (Fraction(90), 100, None)
    else:
        assert second.figure is None


def test_what_is_left_after_excluding_is_not_told_when_few(lone: Database) -> None:
    """35 of 38 excluded: their number would tell that 3 are left."""
    with lone.write() as session:
        add_answers(session, "HL", (0, 0, 0, 0, 3))
        add_answers(session, "HL", (35, 0, 0, 0, 0), excluded=1)
    with lone.read() as session:
        assert queries.IndexFacts(session, {"HL"}, "2026-10", "short").without_excluded.excluded is None


def test_counts_of_other_responses_stand_beside_n(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 90))
        add_outcome(session, "HL", "contested", 6)
        add_outcome(session, "HL", "superseded", 7, channel="qr")
        add_outcome(session, "HL", "not_counted:declined", 4)
        add_outcome(session, "HL", "not_counted:withdrawn", 5, channel="poster")
        add_tally_row(session, "HL", "_partial", "1", 8)
    with database.read() as session:
        beside = queries.IndexFacts(session, {"HL"}, "2026-10", "short").uncounted
    assert (beside.contested, beside.superseded, beside.partial) == (6, 7, 8)
    assert beside.declined is None  # fewer than 5
    assert beside.withdrawn == 0  # those came by the poster, which stands apart
    assert not beside.hidden


def test_nothing_stands_beside_a_number_that_is_hidden(lone: Database) -> None:
    with lone.write() as session:
        add_answers(session, "HL", (0, 0, 0, 0, 3))
        add_outcome(session, "HL", "contested", 60)
    with lone.read() as session:
        beside = queries.IndexFacts(session, {"HL"}, "2026-10", "short").uncounted
    assert beside.hidden and beside.contested is None and beside.declined is None


def test_stages_stand_apart_and_weigh_by_their_dossiers(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (8, 0, 0, 0, 192), stage="result")
        add_answers(session, "HL", (12, 0, 0, 0, 8), stage="refusal")
        for stage, received in (("result", 800), ("refusal", 200), ("guidance", 77)):
            session.add(
                DossierMonth(agency_key="HL", month="2026-10", stage=stage, received=received, closed=0, overdue=0)
            )
        # fields of a stage that has a row for all of them are not added to it
        session.add(DossierMonth(agency_key="HL", month="2026-10", stage="result", field="đất đai", received=99999,
                                 closed=0, overdue=0))  # fmt: skip
    with database.read() as session:
        stages = queries.IndexFacts(session, {"HL"}, "2026-10", "short").stages
        weighted = queries.IndexFacts(session, {"HL"}, "2026-10", "short").stage_weighted
    assert [(stage, figure.shown, figure.n) for stage, figure in stages] == [
        ("refusal", "n_only", 20), ("result", "full", 200),
    ]  # fmt: skip
    assert weighted is not None
    assert round(weighted.index, 2) == Fraction("84.80")
    assert (weighted.stages, weighted.left_out, weighted.dossiers) == (("refusal", "result"), ("guidance",), 1000)
    low, high = weighted.interval
    assert Decimal(78) < low < Decimal("84.8") < high < Decimal(90)


def test_a_stage_of_few_answers_does_not_enter_the_weighted_index(lone: Database) -> None:
    with lone.write() as session:
        add_answers(session, "HL", (8, 0, 0, 0, 192), stage="result")
        add_answers(session, "HL", (40, 0, 0, 0, 60), stage="submission")
        add_answers(session, "HL", (4, 0, 0, 0, 0), stage="refusal")
        add_answers(session, "HL", (1, 0, 0, 0, 2), stage="guidance")
        add_answers(session, "HL", (10, 0, 0, 0, 20), stage="supplement")
        for stage in ("result", "submission", "refusal"):
            session.add(
                DossierMonth(agency_key="HL", month="2026-10", stage=stage, received=100, closed=0, overdue=0)
            )
    with lone.read() as session:
        weighted = queries.IndexFacts(session, {"HL"}, "2026-10", "short").stage_weighted
        stages = queries.IndexFacts(session, {"HL"}, "2026-10", "short").stages
        shown = {stage: figure.shown for stage, figure in stages}
    assert shown == {"submission": "full", "supplement": "full", "result": "full"}
    assert weighted is not None
    assert (weighted.index, weighted.left_out) == (Fraction(78), ("refusal",))


def test_bounds_are_the_vector_and_give_no_channel_away(lone: Database) -> None:
    with lone.write() as session:
        add_answers(session, "HL", (20, 0, 0, 0, 380), channel="qr")
        session.add(DossierMonth(agency_key="HL", month="2026-10", received=1000, closed=0, overdue=0))
    with lone.read() as session:
        bounds = queries.IndexFacts(session, {"HL"}, "2026-10", "short").bounds
    assert bounds is not None
    assert (bounds.low, bounds.high, bounds.n, bounds.dossiers) == (Fraction(38), Fraction(98), 400, 1000)
    with lone.write() as session:
        add_answers(session, "HL", (0, 0, 0, 0, 3), channel="paper")  # belongs to no dossier
    with lone.read() as session:
        assert queries.IndexFacts(session, {"HL"}, "2026-10", "short").bounds is None
        assert queries.compute_response_rate(session, {"HL"}, OCTOBER, "short").value is None


def test_both_roll_ups_are_named(lone: Database) -> None:
    with lone.write() as session:
        for key, counts in (("SNV", (24, 0, 0, 0, 96)), ("STC", (60, 0, 0, 0, 340)), ("HL", (0, 0, 0, 0, 15))):
            add_answers(session, key, counts)
        add_answers(session, "HL-CN", (0, 0, 0, 0, 3))
    with lone.read() as session:
        rows = queries.compare_all_agencies(session, "NB", "2026-10", "short")
        keys = queries.read_scope_keys(session, "NB")
        found = queries.IndexFacts(session, keys, "2026-10", "short").roll_ups("NB", rows)
    assert found.pooled == Fraction(45400, 538)
    assert (found.mean, found.agencies, found.left_out) == (Fraction(165, 2), 2, 1)


def test_every_method_is_computed_with_its_name(lone: Database) -> None:
    with lone.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 30))
        for item in "ABCDE":
            add_answers(session, "HL", (0, 0, 8, 0, 32), item=item)
        add_tally_row(session, "HL", "_all_top2", "1", 28)
        add_tally_row(session, "HL", "_all_top2", "0", 12)
    with lone.read() as session:
        facts = [queries.IndexFacts(session, {"HL"}, "2026-10", "short", method) for method in queries.METHODS]
        found = {one.method.method: (one.method, one.headline) for one in facts}
        by = queries.describe_method(session, {"HL"}, "2026-10", "short", "govuk")
    indices = {name: figure.index for name, (_, figure) in found.items()}
    assert indices == {
        "top2.overall": 75, "top2.mean_of_factors": 80, "top2.mean_of_items": 80, "top2.pooled": 80,
        "respondent.all_top2": 70, "mean_score": Fraction(9, 2), "govuk": Fraction(175, 2),
    }  # fmt: skip
    assert (by.method_version, by.scale, by.period, by.versions) == (1, (0, 100), "2026-10", (1,))
    assert found["mean_score"][0].scale == (1, 5)


def test_a_small_factor_does_not_follow_from_several_means(lone: Database) -> None:
    """With A to D shown, each mean of factors is an equation for E, which 3 answered."""
    with lone.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 30))
        for item in "ABCD":
            add_answers(session, "HL", (0, 0, 8, 0, 32), item=item)
        add_answers(session, "HL", (0, 0, 2, 0, 1), item="E")
    with lone.read() as session:
        facts = [queries.IndexFacts(session, {"HL"}, "2026-10", "short", method) for method in queries.METHODS]
        shown = {one.method.method: one.headline.shown for one in facts}
    assert shown == {
        "top2.overall": "full", "top2.mean_of_factors": "withheld", "top2.mean_of_items": "withheld",
        "top2.pooled": "withheld", "respondent.all_top2": "none", "mean_score": "full", "govuk": "full",
    }  # fmt: skip


def test_the_gap_between_desk_and_later_has_its_interval(database: Database) -> None:
    with database.write() as session:
        add_answers(session, "HL", (14, 0, 0, 0, 56), channel="kiosk")
        add_answers(session, "HL", (20, 0, 0, 0, 40), channel="qr")
        add_answers(session, "HL", (12, 0, 0, 0, 8), channel="code")
        for value, n in (("1:1", 20), ("1:0", 12), ("0:1", 2), ("0:0", 6)):
            add_tally_row(session, "HL", "_paired", value, n)
    with database.read() as session:
        gap = queries.IndexFacts(session, {"HL"}, "2026-10", "short").gap
        nowhere = queries.IndexFacts(session, {"YM"}, "2026-10", "short").gap
    assert gap.later is not None and gap.later.n == 80
    assert gap.difference == 20  # 56/70 and 48/80: Newcombe's own example
    assert gap.interval is not None
    assert [round(end, 2) for end in gap.interval] == [Decimal("5.24"), Decimal("33.39")]
    assert gap.pairs == 40 and gap.paired is not None
    assert (gap.paired.desk, gap.paired.later, gap.paired.difference) == (Fraction(80), Fraction(55), Fraction(25))
    assert gap.paired.interval[0] > 0
    assert (nowhere.difference, nowhere.pairs, nowhere.paired) == (None, 0, None)


def test_codes_with_a_row_of_their_own_are_later_too(lone: Database) -> None:
    with lone.write() as session:
        add_answers(session, "HL", (14, 0, 0, 0, 56), channel="kiosk")
        add_answers(session, "HL", (20, 0, 0, 0, 30), channel="qr")
        add_answers(session, "HL", (12, 0, 0, 0, 18), channel="code")
    with lone.read() as session:
        assert [id for id, _ in queries.IndexFacts(session, {"HL"}, "2026-10", "short").channels] == [
            "kiosk",
            "qr",
            "code",
        ]
        gap = queries.IndexFacts(session, {"HL"}, "2026-10", "short").gap
    assert gap.later is not None and (gap.later.n, gap.difference) == (80, Fraction(20))


@pytest.mark.parametrize(("n", "pairs", "paired"), [(4, None, False), (29, 29, False), (30, 30, True)])
def test_few_pairs_show_no_gap(lone: Database, n: int, pairs: int | None, paired: bool) -> None:
    with lone.write() as session:
        add_tally_row(session, "HL", "_paired", "1:0", n)
    with lone.read() as session:
        gap = queries.IndexFacts(session, {"HL"}, "2026-10", "short").gap
    assert (gap.pairs, gap.paired is not None) == (pairs, paired)


def test_a_trend_knows_where_it_breaks(database: Database) -> None:
    with database.write() as session:
        newer = {**SHORT, "version": 2}
        third = {**SHORT, "version": 3, "method": "govuk"}
        for document in (newer, third):
            session.add(StoredInstrument(id="short", version=document["version"], status="open", document=document))
        session.flush()
        add_answers(session, "HL", (0, 0, 0, 0, 9), month="2026-02", instrument="sipas23", responses=True)
        add_answers(session, "HL", (0, 0, 0, 0, 9), month="2026-04")
        add_tally_row(session, "HL", "_responses", "counted", 9, month="2026-06", version=2)
        add_answers(session, "HL", (0, 0, 0, 0, 9), month="2026-07")  # late answers to the older version
        add_tally_row(session, "HL", "_responses", "counted", 9, month="2026-09", version=3)
        add_tally_row(session, "HL", "_responses", "not_counted:declined", 9, month="2026-05", version=3)
        add_tally_row(session, "YM", "_responses", "counted", 9, month="2026-03", version=3)
    with database.read() as session:
        found = queries.find_series_breaks(session, {"HL"}, "2026-10", 13, "short")
        short = queries.find_series_breaks(session, {"HL"}, "2026-10", 3, "short")
        several = queries.describe_method(session, {"HL"}, "2026", "short").versions
    assert [(one.month, one.kind, one.before, one.after) for one in found] == [
        ("2026-04", "instrument", "sipas23 1", "short 1"),
        ("2026-04", "method", "top2.mean_of_factors 1", "top2.overall 1"),
        ("2026-06", "version", "short 1", "short 2"),
        ("2026-09", "version", "short 2", "short 3"),
        ("2026-09", "method", "top2.overall 1", "govuk 1"),
    ]
    assert short == []
    assert several == (1, 2, 3)


def test_a_steady_trend_has_no_break(lone: Database) -> None:
    with lone.write() as session:
        for month in ("2026-08", "2026-10"):
            add_answers(session, "HL", (0, 0, 0, 0, 9), month=month)
        session.add(StoredInstrument(id="sipas23", version=9, status="draft", document={**SIPAS, "version": 9}))
    with lone.read() as session:
        assert queries.find_series_breaks(session, {"HL"}, "2026-10") == []
