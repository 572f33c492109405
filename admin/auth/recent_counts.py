"""Counts of what happened lately, in the memory of this process alone.

A moving window by the running clock: setting the wall clock back or forth shuts nobody out, and lets nobody in sooner.
Of very many names the one that was quiet longest is forgotten, so that nobody makes the memory grow; a restart forgets
all.
(`limits` keeps every name that was ever seen and a lock for each, and reads the wall clock by itself.)
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

#: Into how many parts a window is cut: what is over is forgotten by the part.
_PARTS = 12


class RecentCounts:
    """How much was counted under each name within the last `window_ms` (to a twelfth of it), for `most` names."""

    def __init__(self, window_ms: int, most: int = 50_000) -> None:
        self._window, self._part, self._most = window_ms, max(1, window_ms // _PARTS), most
        self._names: OrderedDict[str, deque[list[int]]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, name: str, mono_ms: int, n: int = 1) -> int:
        """Count `n` more under a name; returns how many there are now. `mono_ms`: the running clock."""
        with self._lock:
            parts = self._names.setdefault(name, deque())
            self._names.move_to_end(name)
            self._forget(parts, mono_ms)
            if parts and parts[-1][0] == mono_ms // self._part:
                parts[-1][1] += n
            else:
                parts.append([mono_ms // self._part, n])
            while len(self._names) > self._most:
                self._names.popitem(last=False)
            return sum(count for _part, count in parts)

    def count(self, name: str, mono_ms: int) -> int:
        """How many were counted under a name."""
        with self._lock:
            parts = self._names.get(name)
            if parts is None:
                return 0
            self._forget(parts, mono_ms)
            if not parts:
                del self._names[name]
            return sum(count for _part, count in parts)

    def wait_ms(self, name: str, mono_ms: int, below: int) -> int:
        """After how long there are fewer than `below` under a name, if nothing is added (0: there are)."""
        with self._lock:
            parts = list(self._names.get(name, ()))
        left = sum(count for part, count in parts if not self._over(part, mono_ms))
        for part, count in parts:
            if left < below:
                break
            if not self._over(part, mono_ms):
                left -= count
                if left < below:
                    return max(1, (part + 1) * self._part + self._window - mono_ms)
        return 0

    def take_back(self, name: str, mono_ms: int) -> None:
        """One that was counted under a name at `mono_ms` is counted no more."""
        with self._lock:
            for part in self._names.get(name, ()):
                if part[0] == mono_ms // self._part and part[1]:
                    part[1] -= 1

    def forget(self, name: str) -> None:
        """Nothing is counted under a name any more."""
        with self._lock:
            self._names.pop(name, None)

    def __len__(self) -> int:
        """How many names are kept."""
        return len(self._names)

    def _over(self, part: int, mono_ms: int) -> bool:
        """Whether a part of the window is over, or of another start of the running clock."""
        return (part + 1) * self._part + self._window <= mono_ms or part * self._part > mono_ms

    def _forget(self, parts: deque[list[int]], mono_ms: int) -> None:
        while parts and self._over(parts[0][0], mono_ms):
            parts.popleft()
