"""Words for what the desk's store can vouch for: whether a rating is kept, sent or missing.

Every sentence follows from a `Promise`; "none is lost" is said when it is so and at no other time.
"""

from __future__ import annotations

from kiosk.desk.kept_ratings import DAMAGED, FORKED, ROLLED_BACK, RatingSafety
from translations import formats, ngettext
from translations import gettext as _


def describe_safety(promise: RatingSafety) -> str:
    """What becomes of ratings here, those of now and those before; one to three sentences."""
    if promise.none_lost and promise.room:
        return _("Ratings are taken and kept here, none is lost.")
    taking = (
        _("Ratings are taken and kept here.")
        if promise.room
        else _("No more can be kept: the machine's memory is full.")
    )
    sentences = [taking, _lost(promise)] if promise.lacking else [taking]
    doubt = promise.doubts[0] if promise.doubts else ""
    if doubt == DAMAGED:
        sentences.append(_damaged(promise))
    elif doubt == FORKED and not promise.lacking:
        sentences.append(_("Whether one is missing, only the centre can tell, by comparing both ledgers."))
    elif doubt == ROLLED_BACK:
        sentences.append(_("Entries that stood here before are gone from this machine; ratings may be missing."))
    elif promise.none_lost:
        sentences.append(describe_unsent_ratings(promise))
    return " ".join(sentences)


def describe_unsent_ratings(promise: RatingSafety) -> str:
    """How many ratings stand here and not yet at the centre; one sentence."""
    n = promise.kept
    if not n:
        return _("No rating waits on this machine.")
    number = formats.number(n)
    if promise.none_lost:
        return ngettext(
            "%(number)s rating waits on this machine, none is lost.",
            "%(number)s ratings wait on this machine, none is lost.", n, number=number,
        )  # fmt: skip
    return ngettext(
        "%(number)s rating waits on this machine.", "%(number)s ratings wait on this machine.", n, number=number
    )


def _lost(promise: RatingSafety) -> str:
    assert promise.lacking is not None
    first, last = (formats.number(seq) for seq in promise.lacking)
    return _(
        "The centre lacks entries %(first)s to %(last)s; they were erased here after half a year.",
        first=first, last=last,
    )  # fmt: skip


def _damaged(promise: RatingSafety) -> str:
    n = promise.waiting + promise.held
    if not n:
        return _("The centre has signed for all that stands in the ledger.")
    return ngettext(
        "The centre has not signed for %(number)s rating yet; it may be unreadable.",
        "The centre has not signed for %(number)s ratings yet; some may be unreadable.", n, number=formats.number(n),
    )  # fmt: skip
