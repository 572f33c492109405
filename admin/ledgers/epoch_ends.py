"""Ends of ledgers: where the certificate of the next epoch closed one.

A certificate names the last accepted head of the epoch before it. Whoever still holds the old key can sign more, but
speaks for nobody: the desk goes on under the new one. What was accepted up to the end stays, and what of it is still on
the way (a stick, a centre that was restored) is taken however late. Knows no web.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.protocol import entry_chain
from models.tables.device import Epoch


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """The last entry of a closed ledger: its seq (0: none) and hash, since when it is closed (ms since 1970, UTC), and
    the certificate with our signature that says so. `named`: the certificate of the very next epoch names it; else
    nobody knows the end, and it is what is here."""

    seq: int
    h: str
    closed_ms: int
    proof: bytes
    named: bool


def find_epoch_end(session: Session, epoch: Epoch) -> EpochEnd | None:
    """Where a ledger ends; None as long as no later epoch of its device is known here."""
    later = select(Epoch).where(Epoch.device_id == epoch.device_id, Epoch.epoch > epoch.epoch)
    following = session.scalars(later.order_by(Epoch.epoch).limit(1)).first()
    if following is None:
        return None
    proof = following.certificate + b"\n" + following.certificate_signature.encode()
    if following.epoch == epoch.epoch + 1:
        try:
            certificate = entry_chain.parse_certificate(following.certificate)
        except entry_chain.BadEntry:  # changed in the store: `verify` says so
            certificate = None
        if certificate is not None and certificate.pe_h:
            return EpochEnd(certificate.pe_seq, certificate.pe_h, following.issued_ms, proof, True)
    return EpochEnd(epoch.last_seq, epoch.last_h, following.issued_ms, proof, False)
