"""The declarative base, and which store a table belongs to.

`Shared` tables stand in both stores with the same shape; `KioskOnly` and `CentralOnly` in one. `store` feeds table
creation and migrations.
"""

from __future__ import annotations

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import DeclarativeBase

KIOSK = "kiosk"
CENTRAL = "central"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """One set of tables for both stores."""

    metadata = MetaData(naming_convention=NAMING)
    #: the stores this table belongs to
    stores: tuple[str, ...] = ()


class Shared(Base):
    """Tables with the same shape at the desk and at the centre."""

    __abstract__ = True
    stores = (KIOSK, CENTRAL)


class KioskOnly(Base):
    """Tables of the desk."""

    __abstract__ = True
    stores = (KIOSK,)


class CentralOnly(Base):
    """Tables of the centre."""

    __abstract__ = True
    stores = (CENTRAL,)


def tables(store: str) -> list[Table]:
    """All tables of one store (`kiosk` or `central`), in an order in which they can be created."""
    owners = (base for base in Base.__subclasses__() if store in base.stores)
    names = {model.__tablename__ for base in owners for model in base.__subclasses__()}
    return [table for table in Base.metadata.sorted_tables if table.name in names]
