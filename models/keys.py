"""Ed25519 keys: made where they are used, kept in a file only its owner can read, never sent."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class SigningKey:
    """A private key that signs bytes; signatures and public keys are written in lower-case hex."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """The signature over `message`, 128 hex characters."""
        return self._key.sign(message).hex()


def verify(public: str, signature: str, message: bytes) -> bool:
    """Whether `signature` (hex) over `message` was made with the key behind `public` (hex). Never raises."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: str) -> str:
    """Four groups of four characters by which two people compare a key on two screens."""
    import hashlib

    digest = hashlib.sha256(bytes.fromhex(public)).hexdigest().upper()[:16]
    return "-".join(digest[i : i + 4] for i in range(0, 16, 4))


def make_secret(path: Path, length: int = 32) -> None:
    """Make secret bytes at `path` (mode 0600) unless something is there; on the disk, with its name, when this returns.

    Two processes that call it at once leave one secret: the file appears whole or not at all, and the first wins.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as f:
        f.write(secrets.token_bytes(length))
        f.flush()
        os.fsync(f.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            os.replace(draft, path)
    draft.unlink(missing_ok=True)
    flush_folder_names(path.parent)


def flush_folder_names(folder: Path) -> None:
    """Bring the names in a folder to the disk: a file that was flushed is lost all the same if its name is."""
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DamagedSecret(OSError):
    """A file of secret bytes that holds too few or too many."""


def read_secret(path: Path, length: int = 32) -> bytes:
    """The secret bytes kept at `path`. Makes nothing: raises `FileNotFoundError`, `DamagedSecret`."""
    secret = path.read_bytes()
    if len(secret) != length:
        raise DamagedSecret(f"{path.name} holds {len(secret)} bytes instead of {length}: it is damaged, restore it")
    return secret


def read_or_make_secret(path: Path, length: int = 32) -> bytes:
    """The secret bytes kept at `path`, made at the first call: only for a secret that nothing out there depends on."""
    make_secret(path, length)
    return read_secret(path, length)


def read_or_make_key(path: Path) -> SigningKey:
    """The signing key kept at `path`, made at the first call."""
    return SigningKey(read_or_make_secret(path))
