"""Open data: what anybody may read, in the shape the API describes, with nothing that pages hide."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from models.tables.agency import StoredInstrument
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import CentreScene, open_centre
from tests.fixtures.json_schema import find_schema_faults


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("open_data")) as scene:
        with scene.database.write() as session:
            tally_rows.add_answers(session, "SNV", (6, 0, 0, 0, 0), excluded=1, month="2026-09")
            tally_rows.add_answers(session, "STC", (0, 0, 0, 3, 0), excluded=1, month="2026-06")
            tally_rows.add_answers(session, "NB", (0, 0, 0, 0, 7))  # of its own: what stands below it does not add up
            tally_rows.add_outcome(session, "SNV", "contested", 5, month="2026-09")
            tally_rows.add_outcome(session, "SNV", "not_counted:declined", 3, month="2026-09")
        yield scene


def described(scene: CentreScene, answer: TestResponse, path: str = "/api/v1/indices") -> TestResponse:
    """The answer, which is one that the description names, in its shape."""
    root: Any = scene.client().get("/api/v1/openapi.json").json
    said = root["paths"][path]["get"]["responses"][str(answer.status_code)]
    if answer.status_code == 304:
        return answer
    assert answer.mimetype in said["content"], answer.mimetype
    if answer.mimetype == "application/json":
        assert find_schema_faults(answer.json, said["content"]["application/json"]["schema"], root) == []
    for name, header in said.get("headers", {}).items():
        assert find_schema_faults(answer.headers[name], header["schema"], root) == []
    return answer


def ask(scene: CentreScene, question: str = "", **headers: str) -> TestResponse:
    client = scene.app.test_client(use_cookies=False)
    return described(scene, client.get(f"/api/v1/indices{question}", headers=headers))


def whole(scene: CentreScene, question: str) -> Any:
    answer = ask(scene, question)
    assert answer.status_code == 200, answer.text
    return answer.json


def found(scene: CentreScene, question: str) -> list[dict[str, Any]]:
    indices: list[dict[str, Any]] = whole(scene, question)["indices"]
    return indices


def test_all_agencies_of_the_last_complete_month(scene: CentreScene) -> None:
    answer = whole(scene, "")
    assert (answer["from"], answer["to"], answer["practice"]) == ("2026-10", "2026-10", True)
    rows = {row["agency"]: row for row in answer["indices"]}
    assert list(rows) == ["NB", "HL", "SNV", "STC", "KS", "YM"]
    assert {key: (row["n"], row["shown"], row["suppressed"]) for key, row in rows.items()} == {
        "NB": (336, "full", False), "SNV": (181, "full", False), "STC": (130, "full", False),
        "HL": (13, "n_only", True), "KS": (None, "under_5", True), "YM": (None, "under_5", True),
    }  # fmt: skip
    assert (rows["STC"]["index"], rows["STC"]["interval"]) == ("46.15", ["37.82", "54.71"])
    assert rows["HL"]["index"] is None and rows["YM"]["excluded"]["n"] is None and rows["YM"]["contested"] is None
    one = rows["SNV"]
    assert (one["method"], one["method_version"], one["instrument"], one["instrument_versions"]) == (
        "top2.overall", "1", "short", ["1"],
    )  # fmt: skip
    assert one["name"] == {"vi": "Sở Nội vụ", "en": "Department of Home Affairs"}


def test_an_agency_over_months_is_the_same_as_in_the_list_of_all(scene: CentreScene) -> None:
    alone = found(scene, "?agency=SNV&from=2026-08&to=2026-10")
    assert [row["period"] for row in alone] == ["2026-08", "2026-09", "2026-10"]
    together = found(scene, "?from=2026-08&to=2026-10")
    assert len(together) == 18
    assert [row for row in together if row["agency"] == "SNV"] == alone
    september = alone[1]
    assert (september["n"], september["contested"], september["declined"], september["withdrawn"]) == (129, 5, None, 0)
    assert september["excluded"]["n"] == 6 and september["excluded"]["open_flags"] == 0
    assert float(september["excluded"]["index"]) > float(september["index"])
    few = found(scene, "?agency=STC&from=2026-06&to=2026-06")[0]
    assert (few["n"], few["excluded"]["n"], few["excluded"]["index"]) == (133, None, None)
    assert found(scene, "?agency=NB") == [row for row in found(scene, "") if row["agency"] == "NB"]
    untouched = alone[2]
    assert (untouched["excluded"]["n"], untouched["excluded"]["index"]) == (0, untouched["index"])


def test_another_method_is_computed_and_named(scene: CentreScene) -> None:
    row = found(scene, "?agency=STC&method=mean_score")[0]
    assert (row["method"], row["index"], row["n"]) == ("mean_score", "2.92", 130)
    assert [one["index"] for one in found(scene, "?method=mean_score") if one["agency"] == "STC"] == ["2.92"]
    small = found(scene, "?agency=YM&method=mean_score")[0]
    assert (small["n"], small["index"]) == (None, None)


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ("?agency=XX", 404, "unknown_agency"),
        ("?from=2026-13", 400, "bad_period"),
        ("?from=2026-10&to=2026-09", 400, "bad_period"),
        ("?to=2026-Q4", 400, "bad_period"),
        ("?from=2026&to=2026", 400, "bad_period"),
        ("?from=3m:2026-10&to=2026-10", 400, "bad_period"),
        ("?from=2026-01..2026-02&to=2026-10", 400, "bad_period"),
        ("?to=2026-11", 400, "bad_period"),
        ("?from=2026-11", 400, "bad_period"),
        ("?from=2025-10", 400, "too_many_months"),  # up to the last complete month: thirteen
        ("?method=nps", 400, "unknown_method"),
        ("?instrument=nps", 400, "unknown_instrument"),
        ("?from=2025-10&to=2026-10", 400, "too_many_months"),
        ("?agency=HL&from=2023-10&to=2026-10", 400, "too_many_months"),
    ],
)
def test_refusals_have_stable_codes(scene: CentreScene, question: str, status: int, code: str) -> None:
    answer = ask(scene, question)
    assert answer.json is not None and (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_cache_keeps_it_and_asks_whether_it_changed(scene: CentreScene) -> None:
    answer = ask(scene, "?agency=SNV&from=2026-07&to=2026-07")
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*" and "Set-Cookie" not in answer.headers
    again = ask(scene, "?agency=SNV&from=2026-07&to=2026-07", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with scene.database.write() as session:
        tally_rows.add_answers(session, "SNV", (1, 0, 0, 0, 0), month="2026-07")
    changed = ask(scene, "?agency=SNV&from=2026-07&to=2026-07", **{"If-None-Match": answer.headers["ETag"]})
    assert answer.json is not None and changed.json is not None and changed.status_code == 200
    assert changed.json["indices"][0]["n"] == answer.json["indices"][0]["n"] + 1


def test_the_file_holds_exactly_the_same(scene: CentreScene) -> None:
    rows = found(scene, "?from=2026-09")
    by_address = described(
        scene, scene.client().get("/api/v1/indices.csv?from=2026-09"), "/api/v1/indices.csv"
    )
    by_header = ask(scene, "?from=2026-09", Accept="text/csv")
    assert by_address.data == by_header.data
    lines = list(csv.DictReader(io.StringIO(by_address.text)))
    assert len(lines) == len(rows) == 12
    for line, row in zip(lines, rows, strict=True):
        assert (line["agency"], line["period"]) == (row["agency"], row["period"])
        for name in ("n", "index", "contested", "declined", "partial"):
            assert line[name] == ("" if row[name] is None else str(row[name]))
        assert [line["low"], line["high"]] == (row["interval"] or ["", ""])
        assert line["excluded_index"] == (row["excluded"]["index"] or "")


def test_each_month_says_which_version_was_asked(tmp_path: Path) -> None:
    with open_centre(tmp_path) as scene:
        with scene.database.write() as session:
            newer = {**tally_rows.SHORT, "version": 2}
            session.add(StoredInstrument(id="short", version=2, status="open", document=newer))
            session.flush()
            for item, value in (("overall", "5"), ("_responses", "counted")):
                tally_rows.add_tally_row(session, "SNV", item, value, 40, version=2)
        rows = found(scene, "?agency=SNV&from=2026-09&to=2026-10")
        assert [row["instrument_versions"] for row in rows] == [["1"], ["1", "2"]]
        assert [row["n"] for row in rows] == [123, 221]


def test_an_empty_centre_has_no_figures(tmp_path: Path) -> None:
    with open_centre(tmp_path, filled=False) as scene:
        rows = found(scene, "")
        assert {row["shown"] for row in rows} == {"none"} and {row["n"] for row in rows} == {0}
