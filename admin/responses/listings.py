"""Lists of responses for people to look at: not counted, taken in part, joined over devices.

They name ledgers and reasons, never a score: whoever reads them learns what was refused, not what anybody thinks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.tables.response import Response
from models.vocabulary import CountOutcome

#: The lists by name, each with what puts a response on it.
LISTS: dict[str, ColumnElement[bool]] = {
    "not-counted": Response.outcome == CountOutcome.NOT_COUNTED.value,
    "ignored": Response.ignored.is_not(None),
    "joined": Response.joined.is_not(None),
}


@dataclass(frozen=True, slots=True)
class ListedResponse:
    """A response on a list: its place in its ledger, the agency and desk it stands under, its local day (its month
    where the form named no day), outcome and reason, the fields that were passed over, and the devices it was joined
    over."""

    device: str
    epoch: int
    seq: int
    agency: str
    desk: str
    day: str
    outcome: str
    reason: str
    ignored: tuple[str, ...]
    joined: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return asdict(self)


def list_responses(session: Session, name: str, agency: str | None = None) -> list[ListedResponse]:
    """The responses of one list (a key of `LISTS`), of one agency or of all, by ledger and place."""
    r = Response
    statement = select(
        r.device_id, r.epoch, r.seq, r.agency_key, r.desk_code, r.day, r.month, r.outcome, r.reason, r.ignored, r.joined
    ).where(LISTS[name])
    if agency is not None:
        statement = statement.where(r.agency_key == agency)
    return [
        ListedResponse(device, epoch, seq, key, desk or "", day or month, outcome, reason or "", tuple(ignored or ()),
               tuple(joined or ()))
        for device, epoch, seq, key, desk, day, month, outcome, reason, ignored, joined in session.execute(
            statement.order_by(r.device_id, r.epoch, r.seq)
        )
    ]  # fmt: skip
