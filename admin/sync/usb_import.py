"""USB import: a file carried by hand from a desk without a network.

The same witness judges it, with the same receipts. The whole file is read and proved before anything is stored, one
batch after the other, so that a small file which inflates to much takes no more memory than one batch. Then each batch
goes the way it would have gone over the network, so a file may come twice, late, or beside a network that is back. What
the centre signs is the file that goes back (`hailong kiosk take-receipts`). Knows no web.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin.error_catalogue.command_errors import CARRIED_FILES
from admin.ledgers import centre_clock, witness
from admin.ledgers.signing_keys import CentreKeys
from admin.responses import late_commitment_openings
from admin.sync import project_and_recount
from models.errors import CodedError
from models.protocol import sealed_file, wire
from models.protocol.sealed_file import UnreadableFile
from models.protocol.wire import MalformedBatch
from models.storage.database import Database

#: What a signed answer that is no receipt means, by its HTTP status.
STATES = {200: "ok", 403: "stopped", 409: "gap", 422: "fork"}


class FileRefused(CodedError):
    """Nothing of the file was stored."""

    table = CARRIED_FILES


@dataclass(frozen=True, slots=True)
class IngestedFile:
    """What came: the device and epoch, how many batches and entries the file holds, how many were new, `state` (`ok`,
    `gap`, `fork`, `stopped`), up to which seq the centre has signed, and the file to carry back."""

    device: str
    epoch: int
    batches: int
    entries: int
    accepted: int
    state: str
    seq: int | None
    replies: bytes


def ingest_file(
    database: Database, centre: CentreKeys, raw: bytes, now_ms: int, confirmed_ms: int = 0
) -> IngestedFile:
    """Take in the file `raw`; `now_ms` is the centre's clock (ms since 1970, UTC), `confirmed_ms` when a person last
    confirmed it (0: never). Raises `FileRefused`."""
    try:
        head, parts = centre.box.open(raw)
        entries = _entries(database, centre, head, parts)
    except UnreadableFile as error:
        raise FileRefused(error.code) from error
    except MalformedBatch as error:
        raise FileRefused("too_large" if error.code in wire.TOO_MUCH else "damaged") from error
    except witness.UnknownDevice as error:
        raise FileRefused("unknown_device") from error
    answers: list[bytes] = []
    accepted, state, seq = 0, "ok", None
    for part in parts:
        with database.read() as session:
            batch = witness.verify_batch_body(session, wire.inflate(part), centre.public)
        with database.write() as session:
            verdict = late_commitment_openings.accept_batch_and_late_openings(
                session, batch, now_ms, centre.key, confirmed_ms=confirmed_ms
            )
            centre_clock.record_signed_time(session, now_ms)
        answers.append(verdict.body)
        accepted += verdict.accepted
        state = STATES[verdict.status]
        if state != "ok":
            break
        seq = batch.batch.envelope.to
    if accepted:
        project_and_recount.count_accepted(database, head.dev, head.ep, recount=True)
    back = sealed_file.make_reply_file(head.dev, head.ep, now_ms, answers)
    return IngestedFile(head.dev, head.ep, len(parts), entries, accepted, state, seq, back)


def _entries(database: Database, centre: CentreKeys, head: sealed_file.Header, parts: Sequence[bytes]) -> int:
    """How many entries there are in the parts of a file, once each part was read and proved. Raises `Malformed`,
    `FileRefused` and `witness.UnknownDevice`; nothing is kept of a part when the next one is inflated."""
    key, entries, inflated = None, 0, 0
    for part in parts:
        body = wire.inflate(part)
        inflated += len(body)
        if inflated > sealed_file.MAX_INFLATED:
            raise FileRefused("too_large")
        batch = wire.parse(body)
        if (batch.envelope.dev, batch.envelope.ep) != (head.dev, head.ep):
            raise FileRefused("damaged")
        if key is None:  # only the first may show the certificate of an epoch that is not known here
            with database.read() as session:
                key = witness.find_epoch_key(session, batch, centre.public)
        entries += len(witness.verify_batch(batch, key).entries)
    return entries
