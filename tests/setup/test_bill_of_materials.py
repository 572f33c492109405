"""The list of what is installed (`python3 wsgi.py sbom`): valid CycloneDX, with every pin in it."""

from __future__ import annotations

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import wsgi
from bench import sbom

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def text() -> str:
    """What the command writes."""
    return sbom.format_bill()


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    """The same, read."""
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


def test_it_is_what_the_standard_describes(text: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"type": "library"', '"type": "book"')) is not None


def test_every_pin_is_in_it_with_its_version(bill: dict[str, Any]) -> None:
    listed = {one["name"]: Version(one["version"]) for one in bill["components"]}
    pins = [Requirement(line) for line in wsgi.requirements(["run"])]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    assert len(here) > 15
    found = {str(pin): listed.get(canonicalize_name(pin.name)) for pin in here}
    assert [str(pin) for pin in here if (version := found[str(pin)]) is None or version not in pin.specifier] == []


def test_what_the_pins_bring_along_is_in_it_and_what_only_tests_need_is_not(bill: dict[str, Any]) -> None:
    names = {one["name"] for one in bill["components"]}
    assert {"werkzeug", "jinja2", "mako", "pillow", "psycopg-binary", "et-xmlfile", "tinos"} <= names
    assert not {"pytest", "playwright", "cyclonedx-python-lib", "ruff"} & names
    tree = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    refs = {one["bom-ref"] for one in bill["components"]}
    reached, waiting = set(), [bill["metadata"]["component"]["bom-ref"]]
    while waiting:
        reached.add(ref := waiting.pop())
        waiting += [one for one in tree[ref] if one not in reached]
    assert reached == refs | {bill["metadata"]["component"]["bom-ref"]}


def test_it_says_whose_it_is_and_under_which_licence(bill: dict[str, Any]) -> None:
    own = bill["metadata"]["component"]
    assert (own["name"], own["version"]) == ("hailong", distribution("hailong").version)
    assert own["purl"] == f"pkg:pypi/hailong@{own['version']}"
    licences = {one["name"]: one.get("licenses") for one in bill["components"]}
    assert [name for name, said in licences.items() if not said] in ([], ["pysqlite3"])  # its metadata name none
    assert licences["psycopg"] == [{"license": {"acknowledgement": "declared", "id": "LGPL-3.0-only"}}]


def test_the_type_of_the_papers_is_the_one_that_lies_there(bill: dict[str, Any]) -> None:
    (tinos,) = [one for one in bill["components"] if one["name"] == "tinos"]
    said = (ROOT / "admin" / "pdf" / "tinos" / "README.txt").read_text(encoding="utf-8")
    assert said.startswith(f"Tinos {tinos['version']}, ")
    assert tinos["licenses"] == [{"license": {"id": "OFL-1.1"}}]


def test_the_same_list_has_the_same_number(bill: dict[str, Any]) -> None:
    assert json.loads(sbom.format_bill())["serialNumber"] == bill["serialNumber"]
