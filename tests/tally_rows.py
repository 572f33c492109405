"""A small province and tallies for it, written straight into the tables, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from models.database import Database
from models.tables.agency import Agency, Procedure, StoredInstrument
from models.tables.tallies import TallyBrief, TallyMonth
from tests.stores import begun

#: key, key above, kind, Vietnamese name, English name
AGENCIES = (
    ("NB", None, "province", "Tỉnh Ninh Bình", "Ninh Binh Province"),
    ("SNV", "NB", "department", "Sở Nội vụ", "Department of Home Affairs"),
    ("STC", "NB", "department", "Sở Tài chính", "Department of Finance"),
    ("HL", "NB", "ward", "Phường Hoa Lư", "Hoa Lu Ward"),
    ("HL-CN", "HL", "branch", "Chi nhánh số 1", "Branch 1"),
    ("YM", "NB", "commune", "Xã Yên Mô", "Yen Mo Commune"),
)

COUNTED = ("_responses", "counted")

SHORT: dict[str, Any] = {
    "id": "short", "version": 1, "name": {"vi": "Ngắn"}, "method": "top2.overall",
    "items": [{"id": "overall", "text": {"vi": "?"}}]
    + [{"id": factor, "factor": factor, "text": {"vi": "?"}, "not_applicable": True} for factor in "ABCDE"],
    "scale": [{"score": score, "text": {"vi": str(score)}} for score in range(1, 6)],
}  # fmt: skip
SIPAS: dict[str, Any] = {
    **SHORT, "id": "sipas23", "method": "top2.mean_of_factors",
    "items": [
        {"id": f"SIPAS23-{factor}{number}", "factor": factor, "text": {"vi": "?"}, "not_applicable": True}
        for factor, count in zip("ABCDE", (3, 4, 3, 3, 3), strict=True) for number in range(1, count + 1)
    ],
}  # fmt: skip


def store(url: str) -> Database:
    """A migrated central store with the small province, two instruments and three procedures."""
    return begun(url, province)


def province(session: Session) -> None:
    """The small province, two instruments and three procedures."""
    for key, above, kind, vi, en in AGENCIES:
        row = Agency(key=key, parent_key=above, kind=kind, name_vi=vi, name_en=en, valid_from="2025-07-01")
        session.add(row)
        session.flush()
    for document in (SHORT, SIPAS):
        session.add(StoredInstrument(id=document["id"], version=1, status="open", document=document))
    for number, name in enumerate(("Đăng ký khai sinh", "Cấp giấy chứng nhận", "Chứng thực"), start=1):
        session.add(Procedure(code=f"1.00000{number}", number=number, name_vi=name))


def answered(
    session: Session,
    agency: str,
    counts: Sequence[int],
    *,
    month: str = "2026-10",
    item: str = "overall",
    channel: str = "kiosk",
    stage: str = "result",
    procedure: str = "",
    instrument: str = "short",
    excluded: int = 0,
    not_applicable: int = 0,
    responses: bool | None = None,
    desk: str = "",
) -> None:
    """Add answers to one item: how many chose 1, 2, 3, 4, 5; with the responses behind them for `overall`."""
    rows = [(item, str(score), n) for score, n in enumerate(counts, start=1)] + [(item, "0", not_applicable)]
    if responses if responses is not None else item == "overall":
        rows.append(("_responses", "counted", sum(counts) + not_applicable))
    _add(session, rows, agency, month, channel, stage, procedure, instrument, excluded, desk=desk)


def outcome(session: Session, agency: str, value: str, n: int, *, month: str = "2026-10", channel: str = "kiosk",
            instrument: str = "short") -> None:  # fmt: skip
    """Add responses with an outcome (`superseded`, `not_counted:declined`)."""
    _add(session, [("_responses", value, n)], agency, month, channel, "result", "", instrument, 0)


def tallied(session: Session, agency: str, item: str, value: str, n: int, *, month: str = "2026-10",
            channel: str = "kiosk", instrument: str = "short", version: int = 1) -> None:  # fmt: skip
    """Add any row, of any version of an instrument."""
    _add(session, [(item, value, n)], agency, month, channel, "result", "", instrument, 0, version)


def _add(session: Session, rows: Iterable[tuple[str, str, int]], agency: str, month: str, channel: str, stage: str,
         procedure: str, instrument: str, excluded: int, version: int = 1,
         desk: str = "") -> None:  # fmt: skip
    for item, value, n in rows:
        _put(session, TallyMonth, n, agency_key=agency, month=month, channel=channel, stage=stage,
             procedure_code=procedure, instrument=instrument, version=version, item=item, excluded=excluded,
             value=value)
        beside = {"_stage": stage, "_procedure": procedure, "_desk": desk} if (item, value) == COUNTED else {}
        for name, said in {item: value, **beside}.items():
            _put(session, TallyBrief, n, agency_key=agency, month=month, channel=channel, instrument=instrument,
                 version=version, item=name, excluded=excluded, value=said)
    session.flush()


def _put(session: Session, table: type[TallyMonth | TallyBrief], n: int, **key: Any) -> None:
    stored = session.get(table, key)
    if stored is not None:
        stored.n += n
    elif n:
        session.add(table(n=n, **key))
        session.flush()
