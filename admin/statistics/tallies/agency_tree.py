"""The agency tree: a figure covers an agency and everything under it; the province is the whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.statistics.tallies.cache import FEW_AGENCIES
from models.tables.agency import Agency

_PARENTS = select(Agency.key, Agency.parent_key)
_AGENCIES = select(Agency)


class UnknownAgency(LookupError):
    """No agency has this key. `code` is the stable word for it."""

    code = "unknown_agency"


def read_parents(session: Session) -> dict[str, str | None]:
    """Every agency with the one above it; read once a session, which must not change them afterwards."""
    parents: dict[str, str | None] | None = session.info.get("parents")
    if parents is None:
        parents = {key: parent for key, parent in session.execute(_PARENTS)}
        session.info["parents"] = parents
    return parents


def read_agencies_by_key(session: Session) -> dict[str, Agency]:
    """Every agency by its key; read once a session."""
    agencies: dict[str, Agency] | None = session.info.get("agencies")
    if agencies is None:
        agencies = session.info["agencies"] = {agency.key: agency for agency in session.scalars(_AGENCIES)}
    return agencies


def build_subtrees(above: Mapping[str, str | None]) -> dict[str, set[str]]:
    """Each agency with everything under it."""
    subtrees: dict[str, set[str]] = {key: {key} for key in above}
    for key in above:
        line, parent = {key}, above[key]
        while parent is not None and parent in above and parent not in line:
            subtrees[parent].add(key)
            line.add(parent)
            parent = above[parent]
    return subtrees


def read_scope_keys(session: Session, agency_key: str) -> frozenset[str]:
    """The keys of an agency and all agencies under it, past ones too. Raises `UnknownAgency`."""
    above = read_parents(session)
    if agency_key not in above:
        raise UnknownAgency(agency_key)
    return frozenset(build_subtrees(above)[agency_key])


def find_related_keys(session: Session, keys: Collection[str]) -> frozenset[str]:
    """These agencies, everything under them, and everything above them."""
    above = read_parents(session)
    related_keys = set(keys)
    for key in above:
        line = [key]
        while (parent := above.get(line[-1])) is not None and parent not in line:
            line.append(parent)
        if key in keys:
            related_keys.update(line)
        elif not set(keys).isdisjoint(line):
            related_keys.add(key)
    return frozenset(related_keys)


def is_whole_province(session: Session, keys: Collection[str]) -> bool:
    """Whether these are all agencies there are, and many: then nobody needs to be picked."""
    return len(keys) > FEW_AGENCIES and len(keys) >= len(read_parents(session))


def agency_and_ancestors(session: Session, agency_key: str) -> list[Agency]:
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
