"""Pairing: a one-time code turns a machine's public key into a device with a certificate.

A device's name is drawn at random: a counter in a store that may be restored from a backup would give one name twice.
Codes are ten letters of an alphabet without vowels (no words, nothing to confuse), last 15 minutes and work once; only
their hash is kept. The same key that asks again with its code, because the reply was lost, gets the same certificate.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.error_catalogue.device_errors import PAIRING
from admin.ledgers import centre_key_register, witness
from admin.ledgers.signing_keys import CentreKeys
from models import clock, ids
from models.clock import MINUTE_MS
from models.errors import CodedError
from models.keys import SigningKey
from models.protocol import entry_chain
from models.tables.agency import Desk
from models.tables.device import Device, Epoch, PairingCode, Refusal
from models.tables.staff_account import StoreMark

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 10
VALID_MS = 15 * MINUTE_MS
#: In these states a code makes a device, or gives the same key its certificate again.
PAIRABLE = frozenset({"new", "pending", "active"})
#: Wrong codes a day after which pairing waits for the next day: guessing 20^10 codes is hopeless long before.
MAX_WRONG = 500


class PairingRefused(CodedError):
    """Not paired."""

    table = PAIRING


class UnknownDesk(ValueError):
    """There is no desk with this code."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate and our signature over it."""

    device: str
    certificate: bytes
    signature: str


def draw_device_name(session: Session) -> str:
    """A name for a further device, drawn at random; its number is no other device's here."""
    while True:
        number = secrets.randbelow(ids.MAX_NUMBER) + 1
        if not _is_number_taken(session, number):
            return ids.device_name(number, secrets.randbits(ids.NAME_BITS))


def _is_number_taken(session: Session, number: int) -> bool:
    return session.scalar(select(Device.id).where(Device.number == number).limit(1)) is not None


def _simulated_name(session: Session, key: SigningKey) -> str:
    """A name for a device of the simulator: the same seed makes the same world, so it follows from the key. No device
    of a real desk stands in the same store."""
    digest_number = int.from_bytes(hashlib.sha256(b"hailong simulated device\0" + key.public.encode()).digest(), "big")
    number = digest_number % ids.MAX_NUMBER + 1
    while _is_number_taken(session, number):
        number = number % ids.MAX_NUMBER + 1
    return ids.device_name(number, digest_number >> 200)


def offer_pairing(session: Session, desk_code: str, now_ms: int, *, approved: bool) -> tuple[str, str, int]:
    """Make a device for a desk and a one-time code for it; returns (device, code, expiry ms). Raises `UnknownDesk`."""
    if session.get(Desk, desk_code) is None:
        raise UnknownDesk(desk_code)
    device = Device(id=draw_device_name(session), desk_code=desk_code, state="new", created_ms=now_ms)
    session.add(device)
    session.flush()
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    expires = now_ms + VALID_MS
    session.add(PairingCode(hash=_hash(letters), device_id=device.id, expires_ms=expires, approved=approved, vk=None))
    session.flush()
    return device.id, f"{letters[:5]}-{letters[5:]}", expires


def _hash(code: str) -> str:
    letters = "".join(c for c in code.upper() if c.isalpha())
    return hashlib.sha256(b"hailong pairing\0" + letters.encode()).hexdigest()


def pair_device(session: Session, code: str, public: str, now_ms: int, centre: CentreKeys) -> IssuedCertificate:
    """Pair the key `public` (hex) by `code`, within the caller's write transaction. Raises `PairingRefused`."""
    offered = session.get(PairingCode, _hash(code), with_for_update=True)
    if offered is None or (offered.vk is not None and offered.vk != public):
        _slow_down(session, now_ms)
        raise PairingRefused("bad_code")
    device = session.get_one(Device, offered.device_id)
    if device.state not in PAIRABLE:
        raise PairingRefused("device_withdrawn")
    epoch_row = session.get(Epoch, (device.id, 1))
    if epoch_row is not None and epoch_row.vk == public:
        return IssuedCertificate(device.id, epoch_row.certificate, epoch_row.certificate_signature)
    if now_ms > offered.expires_ms:
        raise PairingRefused("code_expired")
    offered.vk = public
    if not offered.approved:
        device.state = "pending"
        raise PairingRefused("not_approved")
    return certify_device(session, device, public, now_ms, centre)


def _slow_down(session: Session, now_ms: int) -> None:
    """Refuse further wrong codes of a day that has had too many; right ones are never refused for it."""
    day = clock.local_day(now_ms)
    wrong = session.scalar(select(func.sum(Refusal.n)).where(Refusal.day == day, Refusal.code == "bad_code")) or 0
    if wrong >= MAX_WRONG:
        raise PairingRefused("too_many_codes")


def certify_device(session: Session, device: Device, public: str, now_ms: int, centre: CentreKeys) -> IssuedCertificate:
    """Begin the first epoch of a device under `public`: certificate, signature, state `active`.

    Raises `KeyRefused` in a process that started with a key of the centre's that was replaced since.
    """
    centre_key_register.confirm_key_in_force(session, centre_key_register.CENTRE, centre.public, centre.instance)
    certificate = entry_chain.make_certificate(dev=device.id, ep=1, vk=public, desk=device.desk_code or "", t=now_ms)
    signature = centre.key.sign(certificate.raw)
    witness.open_epoch(session, certificate, signature)
    device.state = "active"
    if not device.simulated and session.get(StoreMark, "real_device") is None:
        session.add(StoreMark(name="real_device", value=str(now_ms)))
    session.flush()
    return IssuedCertificate(device.id, certificate.raw, signature)


def pair_simulated_device(
    session: Session, desk_code: str, key: SigningKey, now_ms: int, centre: CentreKeys
) -> IssuedCertificate:
    """A device of the simulator, paired without a code under a key derived from the seed."""
    name = _simulated_name(session, key)
    device = Device(id=name, desk_code=desk_code, state="new", simulated=True, created_ms=now_ms)
    session.add(device)
    session.flush()
    return certify_device(session, device, key.public, now_ms, centre)
