"""Limits on wrong passwords: who is noisy waits, and the owner of the account gets in.

A browser that signed in to the account before (`admin.auth.known_browser`) is counted by itself and by nothing else,
so no noise of others reaches it. Every other try is counted three times: by network and account (`here` within some
five minutes, as somebody who mistypes), by network over all accounts (`network` within ten minutes, as somebody who
tries one password on everybody), and by account over all networks (`account` within an hour: NIST SP 800-63B asks for
no more than 100). Five hundred networks together have no more tries at an account than that; meanwhile whoever comes
with a new browser waits too, or has an administrator make a one-time link, whose page makes the browser a known one.
That is at most 950,000 tries a year, at passwords of twelve signs or more of which those tried first are refused.

A password takes 50 ms to be compared, so of all unknown browsers together only `AT_ONCE` are judged at the same moment;
whoever comes beside them is asked to come again in some seconds, and everybody else's pages are served meanwhile.

A try counts before it is judged, so that tries at the same moment cannot get round a limit; one that was right is
taken back. An address that is nobody's is counted like the others.

Counted is in the memory of this process, by the running clock: no step of the wall clock locks anybody out or lets
anybody in sooner, and nothing about who asked is written anywhere. A restart, which no guesser can bring about, gives
the tries of one window once more. Of several processes each has its share of `account`; a network or a known browser,
whose requests go to any of them, may have up to as many times its tries as there are processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from admin.auth.recent_counts import RecentCounts
from models.clock import MINUTE_MS

#: Nobody waits longer for one network's, or one browser's, tries at an account. (Counts end by twelfths of a window, so
#: each window and its twelfth together are the longest wait.)
LOCK_MS = 5 * MINUTE_MS
#: Of how many unknown browsers passwords are compared at the same moment: half of the threads that `serve` begins with.
AT_ONCE = 4
_HERE_MS, _NETWORK_MS, _ACCOUNT_MS = (most * 12 // 13 for most in (LOCK_MS, 10 * MINUTE_MS, 60 * MINUTE_MS))


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How many wrong tries are taken: of one network, or one known browser, at one account within some 5 minutes; of
    one network at all accounts within 10; of all unknown browsers at one account within an hour."""

    here: int = 5
    network: int = 60
    account: int = 100

    def shared(self, processes: int) -> SignInLimits:
        """The limits of one of several processes."""
        return replace(self, account=-(-self.account // max(1, processes)))


class SignInBlock(StrEnum):
    """What there were too many wrong tries of."""

    BROWSER = "browser"
    HERE = "here"
    NETWORK = "network"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """A try to sign in. `counted`: it may be judged; else it is refused. `left`: how many remain if it is wrong.
    `wait_ms`: how long further ones are refused, now or if this one is wrong, because of `why`; 0 for not at all.
    `mono_ms`: when it came, by the running clock."""

    email: str
    counted: bool
    left: int
    wait_ms: int
    why: SignInBlock
    names: tuple[tuple[SignInBlock, str], ...]
    mono_ms: int


class SignInAttempts:
    """The tries that this process counted. `email` is an address as it is kept, `network` the name of one, `browser`
    the word of a browser that is known to this account, empty for any other."""

    def __init__(self, limits: SignInLimits | None = None) -> None:
        bounds = limits or SignInLimits()
        self._most = {
            SignInBlock.BROWSER: bounds.here, SignInBlock.HERE: bounds.here, SignInBlock.NETWORK: bounds.network,
            SignInBlock.ACCOUNT: bounds.account,
        }  # fmt: skip
        self._counts = {
            SignInBlock.BROWSER: RecentCounts(_HERE_MS), SignInBlock.HERE: RecentCounts(_HERE_MS),
            SignInBlock.NETWORK: RecentCounts(_NETWORK_MS), SignInBlock.ACCOUNT: RecentCounts(_ACCOUNT_MS),
        }  # fmt: skip
        self._lock = threading.Lock()
        self._judged = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def turn(self, browser: str) -> Iterator[bool]:
        """Whether a try may be begun and judged within the block; False where very many are at this moment."""
        free = bool(browser) or self._judged.acquire(blocking=False)
        try:
            yield free
        finally:
            if free and not browser:
                self._judged.release()

    def begin(self, email: str, network: str, browser: str, mono_ms: int) -> SignInAttempt:
        """Count a try before its password is looked at, unless it is refused."""
        names = _names(email, network, browser)
        with self._lock:
            wait_ms, why = self._wait(names, mono_ms)
            if wait_ms:
                return SignInAttempt(email, False, 0, wait_ms, why, names, mono_ms)
            left = min(self._most[kind] - self._counts[kind].add(name, mono_ms) for kind, name in names)
            wait_ms, why = self._wait(names, mono_ms)
        return SignInAttempt(email, True, left, wait_ms, why, names, mono_ms)

    def right(self, tried: SignInAttempt) -> None:
        """A counted try had the right password: it is taken back, and what was mistyped there before is forgotten."""
        with self._lock:
            for kind, name in tried.names:
                if kind in (SignInBlock.BROWSER, SignInBlock.HERE):
                    self._counts[kind].forget(name)
                else:
                    self._counts[kind].take_back(name, tried.mono_ms)

    def _wait(self, names: tuple[tuple[SignInBlock, str], ...], mono_ms: int) -> tuple[int, SignInBlock]:
        waits = [(self._counts[kind].wait_ms(name, mono_ms, self._most[kind]), kind) for kind, name in names]
        return max(waits, key=lambda wait: wait[0])


def _names(email: str, network: str, browser: str) -> tuple[tuple[SignInBlock, str], ...]:
    if browser:
        return ((SignInBlock.BROWSER, f"{browser}\n{email}"),)
    return (SignInBlock.HERE, f"{network}\n{email}"), (SignInBlock.NETWORK, network), (SignInBlock.ACCOUNT, email)
