"""The closing notes of the report: agencies, excluded and uncounted answers, and the method.

They say how the agencies stand, the index without excluded answers, what was told to the province alone, what was not
counted, and by which method.

Reads the frozen figures only, in the current language.
"""

from __future__ import annotations

from collections.abc import Iterator

from admin.reports.document import wording_editions
from admin.reports.document.wording import Figures, may_show_index
from admin.statistics import methods
from translations import current_locale, formats, ngettext
from translations import gettext as _


def write_closing_paragraph(figures: Figures) -> str:
    """All closing sentences as one paragraph; nothing when there is nothing to say."""
    sentences = (
        write_agency_counts(figures),
        write_index_without_excluded(figures),
        write_restricted_items(figures),
        write_uncounted(figures),
        write_method(figures),
    )
    return " ".join(sentence for sentence in sentences if sentence)


def write_index_without_excluded(figures: Figures) -> str:
    """The index without the answers that two persons excluded, and how many cases are open; nothing without any."""
    second = figures.get("second")
    if not (may_show_index(figures) and second):
        return ""
    parts = []
    if second["excluded"]:
        if second["index"] is None:
            parts.append(_(
                "Without %(n)s excluded answers there are fewer than 30.", n=formats.number(second["excluded"]),
            ))
        else:
            parts.append(_(
                "Without %(n)s excluded answers the index is %(index)s.",
                n=formats.number(second["excluded"]), index=formats.percent(second["index"]),
            ))
    if second["open_flags"]:
        parts.append(ngettext(
            "Being looked at again: %(count)s case.", "Being looked at again: %(count)s cases.", second["open_flags"],
            count=formats.number(second["open_flags"]),
        ))
    return " ".join(parts)


def write_restricted_items(figures: Figures) -> str:
    """What people told the province alone, on its own paper; nothing where fewer than 30 answered."""
    phrases = {
        "N5": _("%(share)s of %(n)s who answered say that officers cause people trouble or harass them"),
        "N6": _("%(share)s of %(n)s who answered say that people pay officers money beyond the rules"),
    }
    if figures["scope"] != "province" or not may_show_index(figures):
        return ""
    parts = [
        phrases[one["id"]] % {"share": formats.percent(one["share"]), "n": formats.number(one["n"])}
        for one in figures.get("province_alone") or ()
        if one["id"] in phrases
    ]
    return _("Told to the province alone: %(parts)s.", parts="; ".join(parts)) if parts else ""


def write_agency_counts(figures: Figures) -> str:
    """How many agencies are above, below or without ground to conclude; nothing on the paper of one agency."""
    counts = figures.get("agencies")
    if not counts:
        return ""
    parts = []
    enough, few, none = counts["enough"], counts["few"], counts["none"]
    if enough:
        parts.append(ngettext(
            "Of %(count)s agency with 30 answers or more: %(higher)s above the overall level, %(lower)s below it, "
            "%(undecided)s without sufficient ground to conclude",
            "Of %(count)s agencies with 30 answers or more: %(higher)s above the overall level, %(lower)s below it, "
            "%(undecided)s without sufficient ground to conclude",
            enough, count=formats.number(enough), higher=formats.number(counts["higher"]),
            lower=formats.number(counts["lower"]), undecided=formats.number(counts["undecided"]),
        ))
    if few:
        parts.append(ngettext(
            "%(count)s agency has fewer than 30 answers, its index is not published",
            "%(count)s agencies have fewer than 30 answers, their index is not published",
            few, count=formats.number(few),
        ))
    if none:
        parts.append(ngettext(
            "%(count)s agency has no answers", "%(count)s agencies have no answers", none, count=formats.number(none),
        ))
    return "; ".join(parts) + "." if parts else ""


def write_method(figures: Figures) -> str:
    """How sure the index is, what its interval does not cover, and that some parts may be left out (said on every
    paper, so that it does not tell on which); nothing where no index is shown."""
    if not may_show_index(figures):
        return ""
    return _(
        "95%% confidence interval: %(interval)s; it does not cover that those who did not answer may think otherwise. "
        "Parts that would tell what fewer than 5 people answered are not listed.",
        interval=methods.method(figures["method"]).interval.name.text(current_locale()),
    )


def write_uncounted(figures: Figures) -> str:
    """What was sealed but not counted, and what was counted though it was not finished. Below five answers nothing is
    said, for it could be reckoned back."""
    hidden = figures["shown"] in ("under_5", "withheld") and figures.get("n") != 0
    parts = [] if hidden else list(_apart(figures))
    sentences = [_("Not counted in the index: %(parts)s.", parts=", ".join(parts))] if parts else []
    partial = figures.get("partial")
    if partial is None and not hidden and wording_editions.tells_few(figures):
        sentences.append(_("Fewer than 5 counted answers were not finished."))
    elif partial and not hidden:
        sentences.append(ngettext(
            "%(count)s counted answer was not finished.", "%(count)s counted answers were not finished.",
            partial, count=formats.number(partial),
        ))
    return " ".join(sentences)


def _apart(figures: Figures) -> Iterator[str]:
    outcomes = figures.get("by_outcome") or {}
    words = {
        "superseded": _("%(n)s replaced by another answer"),
        "contested": _("%(n)s with a code used twice"),
        "declined": _("%(n)s did not want to rate"),
        "withdrawn": _("%(n)s chose and took it back"),
    }
    for outcome, phrase in words.items():
        n = outcomes.get(outcome, 0)
        if n != 0:
            yield phrase % {"n": _("fewer than 5") if n is None else formats.number(n)}
