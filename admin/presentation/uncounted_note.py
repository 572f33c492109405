"""The note beside an index: the figure without excluded answers, and what became of other responses."""

from __future__ import annotations

from dataclasses import dataclass

from admin.presentation import phrases
from admin.statistics import queries
from admin.statistics.queries import Figure, IndexWithoutExcluded
from translations import formats, ngettext
from translations import gettext as _


@dataclass(frozen=True)
class UncountedLine:
    """How many responses something happened to; `count` is what may be said of it ("<5"), `counted` whether they are
    in the index all the same (None: some are, as their own outcome says)."""

    words: str
    count: str
    counted: bool | None


def describe_second_figure(second: IndexWithoutExcluded, whole: Figure) -> list[list[tuple[bool, str]]]:
    """The lines about the second figure and the open flags; none where the headline itself is not shown."""
    if whole.index is None:
        return []
    lines = [_excluded(second)]
    flags = ngettext(
        "To be looked at: %(count)s answer (still counted)", "To be looked at: %(count)s answers (still counted)",
        second.open_flags, count=formats.number(second.open_flags),
    )  # fmt: skip
    return [*lines, [(False, f"{flags}.")]]


def _excluded(second: IndexWithoutExcluded) -> list[tuple[bool, str]]:
    if second.figure is None or second.excluded is None:
        return [(False, _("Too few answers were excluded by two persons to show a second index."))]
    words = ngettext(
        "Without %(count)s answer excluded by two persons:", "Without %(count)s answers excluded by two persons:",
        second.excluded, count=formats.number(second.excluded),
    )  # fmt: skip
    index = (
        f"{phrases.describe_index(second.figure)}%"
        if second.figure.index is not None
        else phrases.explain_hidden_index(second.figure)
    )
    return [(False, f"{words} "), (True, index)]


def describe_uncounted(
    uncounted: queries.UncountedResponses, noted: queries.OutcomeNotes | None
) -> list[UncountedLine]:
    """What happened to responses beside the counted ones, in words; nothing where even their number is hidden. What is
    `noted` of all that came in is said only where there is something of it."""
    if uncounted.hidden or noted is None:
        return []
    main_lines = (
        (_("did not want to rate"), uncounted.declined, False),
        (_("chose and took it back"), uncounted.withdrawn, False),
        (_("code used again"), uncounted.contested, False),
        (_("replaced by a later answer"), uncounted.superseded, False),
        (_("answered in part"), uncounted.partial, True),
    )
    rare: tuple[tuple[str, int | None, bool | None], ...] = (
        (_("written for another agency or desk"), noted.elsewhere, False),
        (_("written for another channel"), noted.wrong_channel, False),
        (_("QR slip not in its device's ledger"), noted.unrecorded, True),
        (_("QR slip not confirmed yet"), noted.unconfirmed, True),
        (_("joined across devices"), noted.joined, None),
        (_("a detail left out"), noted.ignored, None),
    )
    always = [UncountedLine(words, _told(n), counted) for words, n, counted in main_lines]
    return always + [UncountedLine(words, _told(n), counted) for words, n, counted in rare if n != 0]


def _told(n: int | None) -> str:
    return "<5" if n is None else formats.number(n)
