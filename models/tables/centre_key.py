"""The table of the centre's keys: what each is known by, since when, and what was there before."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import CentralOnly


class RegisteredKey(CentralOnly):
    """A key that must not be made anew. The secret lies in the instance folder, never here."""

    __tablename__ = "key_register"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    #: the file's name in the instance folder
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: 1 for the first key of this name, one more at each replacement
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: hex: the public half; of a key without one an HMAC under the key itself, from which nothing can be guessed
    public: Mapped[str] = mapped_column(String(64))
    #: since when it is known here (ms since 1970, UTC)
    since_ms: Mapped[int] = mapped_column(BigInteger)
    #: when another took its place; NULL for the key in force
    replaced_ms: Mapped[int | None] = mapped_column(BigInteger)
