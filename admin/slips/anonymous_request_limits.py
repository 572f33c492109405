"""Limits of what anybody may do without a name.

They are: typing codes, answering beside others on one slip, and at a poster.

Who is noisy meets a limit of their own; nobody meets one because of others. Counted is by network (a name for the
address of the connection, `admin.web.client_network`) and by target (a device's codes, a slip, a desk's poster), in
the memory of this process (`admin.auth.recent_counts`): nothing about who asked is written anywhere.

**Typed codes of slips** have 36 bits that cannot be known. A network may be wrong `typed_network` times within ten
minutes, a device's codes `typed_device` times, all together `typed_all` times, whoever typed. From there on a code is
looked at only with a page of its own: one that this centre drew at least `PAGE_AGE_MS` ago and that has brought no
wrong code yet. Whoever reads sixteen signs off a slip comes with such a page; a guesser must fetch one for each guess.
So nobody's right code is ever closed, and the odds stay those of arithmetic: 6,000 wrong ones within every ten minutes
of a year hit one of 2^36 by 0.5 %; a centre that did nothing all year but draw pages to one guesser, a hundred a
second, each followed by a guess, by 4.5 %. What a hit gives is one answer of the channel `code`, on a slip that no
ledger confirms.

**Follow-up codes** have 60 bits: a hundred guesses a second, all year, against a million codes in use hit one by 0.3 %,
and learn a week. So a right one is never refused; a network that is wrong very often is told to wait, for the machine's
sake.

**Answers beside the first one on a slip** are kept for the province, and the lowest counts, so that filling a slip
moves nothing. One network may add `beside_network` a day to one slip; where more than `beside_crowd` stand there
already, `beside_network_crowded`. **At a poster** a network may answer `poster_network` times an hour; where the desk
has more than `poster_crowd` within the hour, `poster_network_crowded` times, as many as a busy hall needs.

Several processes count apart. Limits over all clients are divided among them (`shared`); those of one network are not,
for its requests go to any of them: with N processes it may do up to N times as much.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from admin.auth.recent_counts import RecentCounts
from models.clock import DAY_MS, HOUR_MS, MINUTE_MS

TEN_MINUTES_MS = 10 * MINUTE_MS
#: How old a page must be that lets a code be looked at while very many are wrong, and may be (ms).
PAGE_AGE_MS, PAGE_OLD_MS = 10_000, 12 * HOUR_MS


@dataclass(frozen=True, slots=True)
class AnonymousLimits:
    """How much is taken: wrong typed codes (each reading of a text is one) and follow-up codes within ten minutes,
    answers beside the first of a slip within a day, answers at a poster within an hour."""

    typed_network: int = 300
    typed_device: int = 1_500
    typed_all: int = 6_000
    follow_up_network: int = 600
    beside_network: int = 60
    beside_crowd: int = 1_000
    beside_network_crowded: int = 5
    poster_network: int = 600
    poster_crowd: int = 3_000
    poster_network_crowded: int = 60

    def shared(self, processes: int) -> AnonymousLimits:
        """The limits of one of several processes."""
        share = max(1, processes)
        return replace(self, typed_device=-(-self.typed_device // share), typed_all=-(-self.typed_all // share))


class AnonymousCounts:
    """What this process counted. Every time is `mono`, the running clock in ms; a `network` is a name of one, a `page`
    the name of a page of ours that is old enough, empty where none came."""

    def __init__(self, limits: AnonymousLimits | None = None) -> None:
        self.limits = limits or AnonymousLimits()
        self._typed = RecentCounts(TEN_MINUTES_MS)
        self._pages = RecentCounts(PAGE_OLD_MS)
        self._followed = RecentCounts(TEN_MINUTES_MS)
        self._beside = RecentCounts(DAY_MS)
        self._posted = RecentCounts(HOUR_MS)

    def crowded(self, network: str, devices: Collection[int], mono: int) -> bool:
        """Whether so many typed codes were wrong, of this network, of one of these devices or altogether, that one is
        looked at only with a page of its own."""
        most = {f"n:{network}": self.limits.typed_network, "all": self.limits.typed_all}
        most |= {f"d:{device}": self.limits.typed_device for device in devices}
        return any(self._typed.count(name, mono) >= limit for name, limit in most.items())

    def is_fresh(self, page: str, mono: int) -> bool:
        """Whether this page has brought no wrong code yet."""
        return bool(page) and not self._pages.count(page, mono)

    def mistyped(self, network: str, devices: Collection[int], page: str, mono: int) -> None:
        """A typed text was wrong; `devices`: whose code each of its readings would have been."""
        self._typed.add(f"n:{network}", mono, len(devices))
        self._typed.add("all", mono, len(devices))
        for device in devices:
            self._typed.add(f"d:{device}", mono)
        if page:
            self._pages.add(page, mono)

    def misfollowed(self, network: str, mono: int) -> int:
        """A follow-up code was wrong; returns after how long (ms) this network may be wrong again, 0 for at once."""
        self._followed.add(network, mono)
        return self._followed.wait_ms(network, mono, self.limits.follow_up_network + 1)

    def may_answer_beside(self, network: str, slip: str, other_count: int, mono: int) -> bool:
        """Whether a network may add to this slip, on which so many others stand beside the first."""
        crowded = other_count >= self.limits.beside_crowd
        most = self.limits.beside_network_crowded if crowded else self.limits.beside_network
        return self._beside.count(f"{network}\n{slip}", mono) < most

    def answered_beside(self, network: str, slip: str, mono: int) -> None:
        """An answer was added to a slip."""
        self._beside.add(f"{network}\n{slip}", mono)

    def poster_wait_ms(self, network: str, desk: str, lately: int, mono: int) -> int:
        """After how long (ms) this network may answer at this desk's poster, which brought so many answers within the
        hour; 0 for at once."""
        crowded = lately >= self.limits.poster_crowd
        most = self.limits.poster_network_crowded if crowded else self.limits.poster_network
        return self._posted.wait_ms(f"{network}\n{desk}", mono, most)

    def posted(self, network: str, desk: str, mono: int) -> None:
        """An answer was taken at a poster."""
        self._posted.add(f"{network}\n{desk}", mono)
