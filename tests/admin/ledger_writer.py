"""A device as the centre sees it: writes entries and batches with the kernel alone, honest or not."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy.orm import Session

from admin.devices import enrolment
from admin.ledgers import witness
from admin.ledgers.signing_keys import Centre
from models.database import Database
from models.keys import SigningKey
from models.protocol import ledger, receipt, wire
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.vocabulary import Channel, State

START = 1_760_000_000_000


class Writer:
    """One epoch of a device, with its key; `lines[i]` is the entry of seq i+1."""

    def __init__(self, session: Session, centre: Centre, desk: str, agency: str, t: int = START) -> None:
        self.key = SigningKey(secrets.token_bytes(32))
        issued = enrolment.simulated(session, desk, self.key, t, centre)
        self.certificate = ledger.parse_certificate(issued.certificate)
        self.certificate_signature = issued.signature
        self.dev, self.agency, self.centre = issued.device, agency, centre
        self.lines: list[bytes] = []
        self.t = t

    def head(self, seq: int | None = None) -> str:
        """The hash at `seq` (the last by default)."""
        upto = len(self.lines) if seq is None else seq
        return ledger.entry_hash(self.lines[upto - 1]) if upto else self.certificate.genesis

    def add(self, typ: str, p: dict[str, Any], *, id: str | None = None, t: int | None = None) -> str:
        """Append an entry; returns its id."""
        self.t = t if t is not None else self.t + 60_000
        id = id or secrets.token_hex(16)
        self.lines.append(
            ledger.dump(
                dev=self.dev,
                ep=1,
                seq=len(self.lines) + 1,
                typ=typ,
                id=id,
                t=self.t,
                mono=5,
                boot=1,
                prev=self.head(),
                p=p,
            )
        )
        return id

    def rate(self, score: int | None, *, id: str | None = None, t: int | None = None, **changes: Any) -> str:
        """Append a rating (None: declined); `changes` replace fields of the payload."""
        rating = Rating(
            agency=self.agency,
            desk=None,
            instrument="short",
            version=1,
            channel=Channel.KIOSK,
            state=State.COMPLETE if score else State.DECLINED,
            lang="vi",
            answers={"overall": score} if score else {},
        )
        return self.add("rating", {**rating.payload(), **changes}, id=id, t=t)

    def batch(
        self,
        first: int = 1,
        last: int | None = None,
        *,
        now: int | None = None,
        sidecars: tuple[Sidecar, ...] = (),
        head_seq: int | None = None,
        certificate: bool = False,
        **changes: Any,
    ) -> bytes:
        """The body of a batch from `first` to `last`, signed."""
        last = len(self.lines) if last is None else last
        at = len(self.lines) if head_seq is None else head_seq
        fields: dict[str, Any] = {
            "dev": self.dev,
            "ep": 1,
            "from_": first,
            "to": last,
            "h": self.head(last),
            "head_seq": at,
            "head": self.head(at),
            "backlog": 0,
            "t": now or self.t,
            "mono": 1,
            "boot": 1,
            "app": "1",
            "disk_mb": 1,
            "rq": "aa",
            "lines": self.lines[first - 1 : last],
            "sidecars": sidecars,
            "certificate": (self.certificate.raw, self.certificate_signature) if certificate else None,
            **changes,
        }
        return wire.build(self.key, **fields)

    def send(self, database: Database, body: bytes, now: int | None = None) -> tuple[int, dict[str, Any]]:
        """Hand a body to the witness as the view does; returns status and the verified reply."""
        with database.read() as session:
            judged = witness.judge(session, body, self.centre.public)
        with database.write() as session:
            verdict = witness.accept(session, judged, now or self.t + 1000, self.centre.key)
        return verdict.status, receipt.parse(verdict.body, centre=self.centre.public, rq="aa").value
