"""Which agencies a figure covers: one and everything under it; the province is the whole tree."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.agency import Agency


class UnknownAgency(LookupError):
    """No agency has this key. `code` is the stable word for it."""

    code = "unknown_agency"


def scope_keys(session: Session, agency_key: str) -> frozenset[str]:
    """The keys of an agency and all agencies under it, past ones too. Raises `UnknownAgency`."""
    tree = select(Agency.key).where(Agency.key == agency_key).cte("tree", recursive=True)
    tree = tree.union(select(Agency.key).join(tree, Agency.parent_key == tree.c.key))
    keys = frozenset(session.scalars(select(tree.c.key)))
    if not keys:
        raise UnknownAgency(agency_key)
    return keys


def related_keys(session: Session, keys: Collection[str]) -> frozenset[str]:
    """These agencies, everything under them, and everything above them."""
    above = {key: parent for key, parent in session.execute(select(Agency.key, Agency.parent_key))}
    found = set(keys)
    for key in above:
        line = [key]
        while (parent := above.get(line[-1])) is not None and parent not in line:
            line.append(parent)
        if key in keys:
            found.update(line)
        elif not set(keys).isdisjoint(line):
            found.add(key)
    return frozenset(found)


def line_of(session: Session, agency_key: str) -> list[Agency]:
    """An agency, the one above it, and so on up to the province. Raises `UnknownAgency`."""
    line: list[Agency] = []
    key: str | None = agency_key
    while key is not None and key not in {agency.key for agency in line}:
        agency = session.get(Agency, key)
        if agency is None:
            raise UnknownAgency(key)
        line.append(agency)
        key = agency.parent_key
    return line
