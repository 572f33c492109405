"""The wording of the report: sentences made from the frozen figures in the current language.

Nothing that is suppressed is ever looked at: below 30 answers no function here reads an index, whatever stands in
the document. Changes are in percentage points and always say whether they exceed the margin of error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from admin.pdf.text import BLANK, localized_name, lower_first_letter, raise_first_letter
from admin.reports.document import period_names
from translations import current_locale, formats, ngettext
from translations import gettext as _

Figures = Mapping[str, Any]


def may_show_index(figures: Figures) -> bool:
    """Whether the index may be shown: 30 answers or more."""
    return figures["shown"] == "full" and figures.get("index") is not None


def index_words(figures: Figures) -> str:
    """The headline with one decimal, from the exact fraction where there is one: 86,4%."""
    share = figures.get("share")
    return formats.percent(Fraction(share[0] * 100, share[1]) if share else figures["index"])


def write_points(value: str | Decimal) -> str:
    """The size of a difference in percentage points, without its sign: 1,2."""
    return formats.decimal(abs(Decimal(value)), 1)


def whole_or_tenth(value: str) -> str:
    """A target: 90% or 92,5%."""
    return formats.percent(value, 0 if Decimal(value) == Decimal(value).to_integral_value() else 1)


def count_words(figures: Figures) -> str:
    """How many answers were counted, or that there were fewer than five; a dash where it is withheld."""
    n = figures.get("n")
    if figures["shown"] == "withheld":
        return formats.DASH
    return formats.number(n) if n == 0 or (n is not None and figures["shown"] != "under_5") else "<5"


def factor_label(factor: str) -> str:
    """The name of a row of the chart."""
    return {
        "overall": _("Overall"),
        "A": _("Access to the service"),
        "B": _("Administrative procedure"),
        "C": _("The person handling the case"),
        "D": _("Result of the case"),
        "E": _("Receiving and handling feedback"),
    }.get(factor, factor)


def write_title_lines(figures: Figures) -> list[str]:
    """What the paper is about, line by line; a period from one month to another has a line of its own."""
    period = period_names.write_period(figures)
    text = _(
        "Results of the rating of satisfaction of citizens and organisations\n"
        "with the handling of administrative procedures, %(period)s",
        period=period,
    )
    if period_names.spans_months(figures):
        text = text.replace(f" {period}", f"\n{period}")
    return text.split("\n")


def write_opening(figures: Figures) -> str:
    """Under which plan, and who reports."""
    paper = figures["paper"]
    who = localized_name(paper["body_name"], current_locale())
    issuer = localized_name(paper.get("plan_issuer"), current_locale())
    if not issuer:
        return raise_first_letter(_("%(body)s reports as follows:", body=who))
    return _(
        "Under Plan No.%(blank)s/KH-UBND of day%(blank)smonth%(blank)s%(year)s of %(issuer)s, %(body)s reports as "
        "follows:",
        blank=BLANK, year=period_names.period_year(figures["period"]), issuer=issuer, body=who,
    )


def write_definition(figures: Figures) -> str:
    """What the index is, and that it is not the ministry's."""
    if figures["method"] == "top2.mean_of_factors":
        return _(
            "The satisfaction index at the one-stop desk (not the SIPAS index of the Ministry of Home Affairs), "
            "hereafter the index, is the mean over the factors of the share of answers at level 4 or 5."
        )
    return _(
        "The satisfaction index at the one-stop desk (not the SIPAS index of the Ministry of Home Affairs), hereafter "
        "the index, is the share of answers of level 4 or 5 to the overall question."
    )


def write_method_versions(figures: Figures) -> str:
    """By which method in which version, and over which versions of the questionnaire: top2.overall 1 · short 1."""
    versions = ", ".join(str(version) for version in figures["versions"])
    return f"{figures['method']} {figures['method_version']} · {figures['instrument']['id']} {versions}"


def write_too_few_answers(figures: Figures) -> str:
    """The paragraph in place of the figures, when there are not enough answers to show any."""
    period = raise_first_letter(period_names.write_period(figures))
    if figures.get("n") == 0:
        return _(
            "%(period)s: no answer was counted, so there is no index to report. That nobody answered says nothing "
            "about how satisfied people are.", period=period,
        )
    if figures["shown"] == "withheld":
        return _(
            "%(period)s: neither the index nor the number of answers is published, because the number of a place with "
            "fewer than 5 answers could be worked out from it. These answers still count in the figures of the whole.",
            period=period,
        )
    counted = (
        _("%(period)s: fewer than 5 answers were counted.", period=period)
        if figures["shown"] == "under_5"
        else ngettext(
            "%(period)s: %(count)s answer was counted.", "%(period)s: %(count)s answers were counted.", figures["n"],
            period=period, count=formats.number(figures["n"]),
        )
    )
    why = _(
        "Fewer than 30 answers, not published: neither the index nor its interval nor how the answers were spread, so "
        "that nobody can be recognised. These answers still count in longer periods."
    )
    return f"{counted} {why}"


def write_channels(figures: Figures) -> str:
    """The channels side by side, and how far apart they are; nothing when no channel may be shown."""
    phrases = {
        "kiosk": _("at the desk"), "qr": _("by QR code"), "code": _("by typed code"), "paper": _("on paper"),
        "poster": _("by poster"),
    }
    parts = []
    index_count = 0
    for channel in figures.get("channels") or ():
        name = phrases.get(channel["id"], channel["id"])
        if channel.get("index") is not None:
            parts.append(f"{name} {formats.percent(channel['index'])}")
            index_count += 1
        elif channel.get("n") == 0:
            parts.append(_("%(channel)s no answers", channel=name))
        else:
            parts.append(_("%(channel)s fewer than 30 answers", channel=name))
    if not index_count:
        return ""
    if figures.get("channel_gap") is not None and index_count > 1:
        parts.append(
            _("%(points)s percentage points apart", points=write_points(figures["channel_gap"])) + _sure(figures)
        )
    return raise_first_letter(" · ".join(parts))


def _sure(figures: Figures) -> str:
    """Between which values the gap between desk and phone lies; nothing where codes stand apart from QR."""
    gap = figures.get("gap")
    if not gap or not gap.get("interval") or gap["difference"] != figures["channel_gap"]:
        return ""
    ends = [Decimal(end) for end in gap["interval"]]
    low, high = ends if Decimal(gap["difference"]) >= 0 else (-ends[1], -ends[0])
    return " " + _("(from %(low)s to %(high)s)", low=formats.decimal(low, 1), high=formats.decimal(high, 1))


def write_summary(figures: Figures) -> str:
    """What the month says, in sentences."""
    return " ".join(_sentences(figures))


def _sentences(figures: Figures) -> Iterator[str]:
    share = figures.get("share")
    if share:
        satisfied = int(formats.rounded(Fraction(share[0] * 100, share[1]), 0))
        yield ngettext(
            "Of every 100 ratings, %(count)s is satisfied or very satisfied.",
            "Of every 100 ratings, %(count)s are satisfied or very satisfied.",
            satisfied, count=formats.number(satisfied),
        )
    clauses = [*_change(figures), *_against_target(figures)]
    if clauses:
        yield _("The index %(clauses)s.", clauses="; ".join(clauses))
    yield from _against_province(figures)
    yield from _factors(figures)
    yield from _lowest_procedure(figures)


def _change(figures: Figures) -> Iterator[str]:
    previous = figures.get("previous")
    if not previous or previous.get("difference") is None:
        return
    difference = formats.rounded(previous["difference"], 1)
    before = period_names.write_short_period(previous["period"], figures["period"])
    index = formats.percent(previous["index"])
    if not difference:
        yield _("is unchanged against %(before)s (%(index)s)", before=before, index=index)
        return
    if difference > 0:
        change = _("rose by %(points)s percentage points against %(before)s (%(index)s)",
                   points=write_points(previous["difference"]), before=before, index=index)
    else:
        change = _("fell by %(points)s percentage points against %(before)s (%(index)s)",
                   points=write_points(previous["difference"]), before=before, index=index)
    yield f"{change}, {error_words(previous)}"


def error_words(previous: Mapping[str, Any]) -> str:
    """Whether a change is more than chance: beyond the margin of error, or within it."""
    return _("beyond the margin of error") if previous["beyond_error"] else _("within the margin of error")


def _against_target(figures: Figures) -> Iterator[str]:
    if figures.get("target") is None:
        return
    distance = Decimal(figures["index"]) - Decimal(figures["target"])
    target, size = whole_or_tenth(figures["target"]), write_points(distance)
    if not formats.rounded(distance, 1):
        yield _("meets the target of %(target)s", target=target)
    elif distance > 0:
        yield _("is %(points)s percentage points above the target of %(target)s", target=target, points=size)
    else:
        yield _("is %(points)s percentage points below the target of %(target)s", target=target, points=size)


def _against_province(figures: Figures) -> Iterator[str]:
    province = figures.get("province")
    if figures["scope"] != "agency" or not province or province.get("index") is None:
        return
    index = formats.percent(province["index"])
    sentences = {
        "higher": _("The index is above the level of the whole province (%(index)s), beyond the margin of error."),
        "lower": _("The index is below the level of the whole province (%(index)s), beyond the margin of error."),
    }
    undecided = _(
        "There is no sufficient ground to conclude that the index is above or below the level of the whole province "
        "(%(index)s)."
    )
    yield sentences.get(province.get("verdict"), undecided) % {"index": index}


def _factors(figures: Figures) -> Iterator[str]:
    rated = [row for row in figures["rows"] if row["id"] != "overall" and row.get("index") is not None]
    rated.sort(key=lambda row: Decimal(row["index"]))
    if len(rated) < 2 or rated[0]["index"] == rated[-1]["index"]:
        return
    low, high = rated[0], rated[-1]
    yield _(
        "The lowest factor is %(low)s (%(low_index)s); the highest is %(high)s (%(high_index)s).",
        low=lower_first_letter(factor_label(low["id"])), low_index=formats.percent(low["index"]),
        high=lower_first_letter(factor_label(high["id"])), high_index=formats.percent(high["index"]),
    )


def _lowest_procedure(figures: Figures) -> Iterator[str]:
    lowest = (figures.get("procedures") or {}).get("lowest")
    if lowest:
        yield _(
            "Lowest procedure: %(name)s (%(index)s, %(n)s answers).",
            name=lower_first_letter(localized_name(lowest["name"], current_locale())),
            index=formats.percent(lowest["index"]),
            n=formats.number(lowest["n"]),
        )
