"""Batches of simulated desks: built and signed as a desk does, judged as the witness does.

They are judged as far as that needs no store. So a second process can do it ahead while the centre takes what is done.
"""

from __future__ import annotations

import secrets
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from admin.demo import simulated_desks, simulated_world
from admin.demo.simulated_desks import DeskTask, ExpectedPhoneAnswer, SimulatedLedgerEnd, Truth
from admin.ledgers import witness
from admin.ledgers.witness import VerifiedBatch
from models import clock
from models.clock import DAY_MS, HOUR_MS
from models.protocol import entry_chain, wire
from models.protocol.sidecar import Sidecar

#: How many desks the second process is ahead at most; what waits takes memory.
AHEAD = 24


@dataclass(frozen=True, slots=True)
class HandOver:
    """Of one desk: its batches, each judged by itself, the slips to be answered, the truth, and where its ledger stands
    now."""

    batches: list[VerifiedBatch]
    phones: list[ExpectedPhoneAnswer]
    counts: Truth
    player: SimulatedLedgerEnd


def pack_hand_over(task: DeskTask) -> HandOver:
    """Play a task and pack what the desk wrote; needs no store."""
    result = simulated_desks.play_desk_task(task)
    now_ms, acked, batches = hand_over_time_ms(task), task.player.seq, []
    for start in range(0, len(result.lines), wire.MAX_ENTRIES):
        part = result.lines[start : start + wire.MAX_ENTRIES]
        to = acked + len(part)
        sides = [side for seq, side in result.sides.items() if acked < seq <= to]
        body = build_envelope(task, result.player, acked, part, to, entry_chain.entry_hash(part[-1]), 0, now_ms, sides)
        batches.append(witness.verify_batch(wire.parse(wire.inflate(wire.compress(body))), task.vk))
        acked = to
    return HandOver(batches, result.phones, result.counts, result.player)


def hand_over_time_ms(task: DeskTask) -> int:
    """When a task's desk hands over: its last day at ten in the evening (ms since 1970, UTC)."""
    return clock.day_start(task.until.isoformat()) + 22 * HOUR_MS


@contextmanager
def iterate_hand_overs(tasks: Sequence[DeskTask], *, parallel: bool) -> Iterator[Iterator[HandOver]]:
    """The hand-overs of tasks in order. `parallel`: a second process works ahead; else each is made when asked for."""
    if not parallel:
        yield map(pack_hand_over, tasks)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    def ahead() -> Iterator[HandOver]:
        waiting: deque[Future[HandOver]] = deque()
        for task in tasks:
            waiting.append(other.submit(pack_hand_over, task))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_leave_ctrl_c) as other:
        yield ahead()


def _leave_ctrl_c() -> None:
    """Ctrl-C reaches every process of a terminal; the first one ends this one, in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def build_envelope(
    task: DeskTask,
    player: SimulatedLedgerEnd,
    seq: int,
    lines: Sequence[bytes],
    to: int,
    at_to: str,
    backlog: int,
    now_ms: int,
    sides: Sequence[Sidecar] = (),
) -> bytes:
    """A batch of the task's desk: the lines after `seq` up to `to`, whose hash is `at_to`."""
    return wire.build_batch(
        simulated_world.derive_device_key(task.seed, player.desk),
        dev=player.device,
        ep=1,
        from_=seq + 1,
        to=to,
        h=at_to,
        head_seq=player.seq,
        head=player.h,
        backlog=backlog,
        t=now_ms,
        mono=now_ms % DAY_MS,
        boot=1,
        app="1.0.0",
        disk_mb=51_200,
        rq=secrets.token_hex(8),
        lines=lines,
        sidecars=sides,
    )
