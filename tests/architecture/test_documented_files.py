"""The files, fields and settings of the documents: each is one that the code takes, none is missing."""

from __future__ import annotations

import csv
import dataclasses
import inspect
import json
import re
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import settings as centre_settings
from admin.api.open_data import openapi_paths
from admin.api.slips import request as slip_request
from admin.desks import dossier_formats, province_hours
from admin.imports import agencies, dossiers, mapping, procedures
from admin.instruments import store as questionnaires
from admin.recordings import store as recordings
from admin.statistics.methods import METHODS
from kiosk import settings as desk_settings
from kiosk.slips import api as desk_slips
from models.protocol import dossier_code
from models.storage.database import Database
from models.tables.agency import KINDS, Agency, AgencySuccession, DossierMonth, Procedure
from models.vocabulary import Stage
from tests.fixtures.store_templates import copy_central_store

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def section(document: str, heading: str) -> str:
    """The text under a heading, up to the next one of its rank or above."""
    text = (DOCS / document).read_text(encoding="utf-8")
    begin = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert begin is not None, heading
    rest = text[begin.end() :]
    end = re.search(rf"^#{{1,{len(begin[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def names(text: str, first: str) -> list[str]:
    """What the first column of the table names in code, the table whose first heading this is."""
    _, _, table = text.partition(f"| {first} |")
    rows = re.findall(r"^\| (.*?) \|", table.partition("\n\n")[0], re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def example(name: str) -> str:
    """The file of this name in imports.md."""
    match = re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", (DOCS / "imports.md").read_text("utf-8"), re.M | re.S)
    assert match is not None, name
    return match[1]


@pytest.mark.parametrize(
    ("heading", "taken", "file"),
    [
        ("Agencies", (*agencies.NEEDED, *agencies.OPTIONAL), "agencies.csv"),
        ("Procedures", procedures.NEEDED, "procedures.csv"),
        ("Monthly counts of dossiers", (*dossiers.NEEDED, *dossiers.COUNTS[3:], "cs1_0", "cs9_2"), "counts.csv"),
    ],
)
def test_the_columns_of_a_file_are_those_that_are_taken(heading: str, taken: tuple[str, ...], file: str) -> None:
    columns = names(section("imports.md", heading), "column")
    assert sorted(columns) == sorted(taken)
    header = next(csv.reader(example(file).splitlines()))
    assert set(header) - {f"cs{i}_{p}" for i in range(1, 10) for p in range(3)} <= set(columns)
    assert (dossiers.POINTS[0], dossiers.POINTS[-1], len(dossiers.POINTS)) == ("cs1_0", "cs9_2", 27)


def test_the_words_of_the_columns_are_the_vocabularies() -> None:
    text = section("imports.md", "Agencies")
    (kinds,) = re.findall(r"^\| `kind` \| yes \| (.*) \|$", text, re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", kinds)) == KINDS
    text = section("imports.md", "Monthly counts of dossiers")
    (stages,) = re.findall(r"^\| `stage` \| may be empty \| (.*);.*\|$", text, re.MULTILINE)
    assert re.findall(r"`(\w+)`", stages) == [stage.value for stage in Stage]


def load(session: Session) -> None:
    """The questionnaires, in a fresh store."""
    questionnaires.load_documents(session)


def test_the_columns_of_a_paper_form_are_those_that_are_read(sqlite_url: str) -> None:
    text = section("imports.md", "Paper forms and other offices' tables")
    database = copy_central_store(sqlite_url, load)
    with database.read() as session:
        instruments = {name: questionnaires.read_current_instrument(session, name) for name in ("short", "sipas23")}
        items = {name: [item.id for item in one.items] for name, one in instruments.items()}
        spoken = recordings.read_text_ids(session)
    database.close()
    assert sorted(names(text, "column")) == sorted(mapping.FIELDS)
    match = re.search(r"Items of `short`: `(\w+)`, `(\w)` … `(\w)`; of `sipas23`: `(.*?)` … `(.*?)` \|", text)
    assert match is not None
    assert [match[1], match[2], match[3]] == [items["short"][0], items["short"][1], items["short"][-1]]
    assert [match[4], match[5]] == [items["sipas23"][0], items["sipas23"][-1]]
    header = next(csv.reader(example("t10.csv").splitlines()))
    assert sorted(header) == sorted([*mapping.FIELDS, *items["short"]])
    (texts,) = re.findall(r"The texts are .*?: (.*?)\.\n", section("imports.md", 'Recordings for "Nghe"'), re.DOTALL)
    assert tuple(re.findall(r"`(\w+)`", texts)) == spoken


def test_the_entries_of_a_mapping_are_those_that_are_taken() -> None:
    entries = names(section("imports.md", "Mapping files"), "entry")
    document = tomllib.loads(example("mapping.toml"))
    assert sorted(entries) == sorted(document) == sorted({*mapping._TABLES, *mapping._TEXTS, "ignore"})
    read = mapping.parse_mapping(document)
    assert (read.dates, read.encoding, read.answers) == ("dd/mm/yyyy", "cp1258", {"rất hài lòng": 5})
    shipped = re.findall(r"`(google-form-[\w-]+)`", section("imports.md", "Mapping files"))
    assert sorted(set(shipped)) == mapping.list_shipped_mappings()


def test_the_examples_are_taken(store_url: str, tmp_path: Path) -> None:
    """All three files of reference data, with what they say of what is already there."""
    for name in ("agencies.csv", "procedures.csv", "counts.csv"):
        (tmp_path / name).write_text(example(name), encoding="utf-8")
    database: Database = copy_central_store(store_url, lambda session: None)
    with database.write() as session:
        assert agencies.import_agencies(session, tmp_path / "agencies.csv")["new"] == 4
        assert procedures.import_procedures(session, tmp_path / "procedures.csv")["new"] == 2
        assert dossiers.import_dossiers(session, tmp_path / "counts.csv")["new"] == 2
    with database.read() as session:
        paper = session.get_one(Agency, "NB").paper
        assert (paper["abbr"], paper["place"], len(paper["recipients"])) == ("BC-SNV", "Ninh Bình", 3)
        assert session.get(AgencySuccession, ("NB-14329", "NB-OLD-2")) is not None
        assert session.get_one(Procedure, "1.001193").field_vi == "Hộ tịch"
        assert sorted(session.scalars(select(DossierMonth.received))) == [0, 412]
    database.close()


def test_the_files_of_the_instance_are_read(tmp_path: Path) -> None:
    for name in ("hours.json", "dossiers.json"):
        (tmp_path / name).write_text(example(name), encoding="utf-8")
    assert province_hours.FILE == "hours.json" and dossier_formats.FILE == "dossiers.json"
    hours = province_hours.read_hours_file(tmp_path / "hours.json")
    assert hours == json.loads(example("hours.json")) == province_hours.read_province_hours(tmp_path)
    assert sorted(names(section("imports.md", "hours.json: opening hours and holidays"), "field")) == sorted(hours)
    patterns = dossier_formats.read_province_formats(tmp_path)
    assert dossier_code.parse("H42.10-261014-0001", patterns).day.isoformat() == "2026-10-14"
    assert names(section("imports.md", "dossiers.json: the format of dossier codes"), "field") == ["patterns"]
    assert f"{dossier_formats.MOST} at most" in section("imports.md", "dossiers.json: the format of dossier codes")


def test_the_fields_of_the_doors_are_those_that_they_take() -> None:
    fields = names(section("api.md", "Announce slips at the centre"), "field")
    assert fields and sorted(fields) == sorted(slip_request.REQUIRED | slip_request.OPTIONAL)
    needed = re.findall(r"^\| `(\w+)` \| yes \|", section("api.md", "Announce slips at the centre"), re.MULTILINE)
    assert sorted(needed) == sorted(slip_request.REQUIRED)
    (body,) = re.findall(r"^```json desk-slip\.json\n(.*?)^```$", (DOCS / "api.md").read_text("utf-8"), re.M | re.S)
    assert json.loads(body).keys() == desk_slips.FIELDS
    (papers,) = re.findall(r"`paper` is `(\w+)`, `(\w+)` or `(\w+)`", (DOCS / "api.md").read_text("utf-8"))
    assert papers == desk_slips.PAPERS
    parameters = [one["name"] for one in openapi_paths.paths()["/api/v1/indices"]["get"]["parameters"]]
    assert names(section("api.md", "Open data"), "parameter") == parameters


def test_the_methods_are_those_there_are() -> None:
    assert names(section("figures.md", "Methods"), "method") == list(METHODS)


def test_the_settings_are_those_that_are_read() -> None:
    centre, desk = section("operations.md", "Settings").split("**The desk:**")
    for text, module in ((centre, centre_settings), (desk, desk_settings)):
        source = inspect.getsource(module)
        read = set(re.findall(r"section(?:\.get\(|\[)\"(\w+)\"", source))
        read |= set(re.findall(r"_seconds\(section, \"(\w+)\"", source))
        assert set(names(text, "key")) == read
    usual = {field.name: field.default for field in dataclasses.fields(centre_settings.Settings)}
    assert f"| `{usual['public_url']}` |" in centre and f"| {usual['idle_seconds']} |" in centre
    desk_defaults = {field.name: field.default for field in dataclasses.fields(desk_settings.Settings)}
    assert f"| {desk_defaults['idle_seconds']} |" in desk and f"| {desk_defaults['heartbeat_seconds']} |" in desk
