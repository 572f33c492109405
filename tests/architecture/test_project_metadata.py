"""The files that others expect of a project, LICENSE, publiccode.yml, setup.cfg: all say the same."""

from __future__ import annotations

import copy
import datetime
import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

import translations
from admin.settings import Settings as AdminSettings
from kiosk.settings import Settings as KioskSettings

ROOT = Path(__file__).parents[2]
LICENCE = "EUPL-1.2"

#: The standard's lists (https://yml.publiccode.tools, version 0.4): those of its values that are closed, and of the
#: vocabularies the words that could be meant here.
CLOSED = {
    "developmentStatus": {"concept", "development", "beta", "stable", "obsolete"},
    "softwareType": {
        "standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web", "standalone/backend",
        "standalone/other", "addon", "library", "configurationFiles",
    },
    "maintenance/type": {"internal", "contract", "community", "none"},
}  # fmt: skip
VOCABULARIES = {
    "platforms": {"web", "windows", "mac", "linux", "ios", "android"},
    "categories": {
        "survey", "feedback-and-reviews-management", "data-collection", "data-analytics", "data-visualization",
        "digital-citizenship", "customer-service-and-support", "compliance-management", "business-intelligence",
    },
    "intendedAudience/scope": {"local-authorities", "society", "justice", "welfare", "security", "research"},
}  # fmt: skip
MANDATORY = {
    "publiccodeYmlVersion": str, "name": str, "url": str, "releaseDate": str, "platforms": list, "categories": list,
    "developmentStatus": str, "softwareType": str, "description": dict, "legal/license": str, "maintenance/type": str,
    "localisation/localisationReady": bool, "localisation/availableLanguages": list,
}  # fmt: skip
KNOWN = {
    "publiccodeYmlVersion", "name", "applicationSuite", "url", "landingURL", "isBasedOn", "softwareVersion",
    "releaseDate", "logo", "platforms", "categories", "usedBy", "roadmap", "developmentStatus", "softwareType",
    "intendedAudience", "description", "legal", "maintenance", "localisation", "dependsOn",
}  # fmt: skip
KNOWN_IN_DESCRIPTION = {
    "localisedName", "shortDescription", "longDescription", "documentation", "apiDocumentation", "features",
    "screenshots", "videos", "awards",
}  # fmt: skip
KNOWN_OF_DEPENDENCY = {"name", "versionMin", "versionMax", "version", "optional"}


def document() -> dict[str, Any]:
    """What publiccode.yml says."""
    value = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def setup() -> ConfigParser:
    """What setup.cfg says."""
    (config := ConfigParser(interpolation=None)).read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def value_at(value: Any, path: str) -> Any:
    """What stands at `a/b`; None where there is nothing."""
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def broken_rules(value: dict[str, Any]) -> list[str]:
    """What the standard would not take of a publiccode.yml, one short sentence each."""
    wrong = [f"unknown key {key}" for key in value if key not in KNOWN]
    for path, expected in MANDATORY.items():
        if not isinstance(value_at(value, path), expected) or value_at(value, path) in ("", []):
            wrong.append(f"{path} is missing")
    wrong += [f"{path} is another word" for path, words in CLOSED.items() if value_at(value, path) not in words]
    wrong += [
        f"{path}: {word}" for path, words in VOCABULARIES.items()
        for word in value_at(value, path) or () if word not in words
    ]  # fmt: skip
    wrong += [
        f"{path} is no address" for path in ("url", "landingURL")
        if value.get(path) and not re.match(r"https?://[^/\s]+/\S+", str(value[path]))
    ]  # fmt: skip
    try:
        datetime.date.fromisoformat(str(value.get("releaseDate")))
    except ValueError:
        wrong.append("releaseDate is no day")
    if value_at(value, "maintenance/type") in ("internal", "community"):
        contacts = value_at(value, "maintenance/contacts") or []
        if not contacts or not all(contact.get("name") for contact in contacts):
            wrong.append("maintenance/contacts is missing")
    descriptions = value.get("description") or {}
    for language, texts in descriptions.items():
        wrong += [f"unknown key description/{language}/{key}" for key in texts if key not in KNOWN_IN_DESCRIPTION]
        if not 0 < len(texts.get("shortDescription", "")) <= 150:
            wrong.append(f"{language}: shortDescription has 1 to 150 characters")
        if not 150 <= len(texts.get("longDescription", "")) <= 10_000:
            wrong.append(f"{language}: longDescription has 150 to 10,000 characters")
        if not texts.get("features"):
            wrong.append(f"{language}: features are missing")
        pictures = [path for path in texts.get("screenshots", ()) if not (ROOT / path).is_file()]
        wrong += [f"{language}: {path} is not there" for path in pictures]
    for kind in ("open", "proprietary", "hardware"):
        for one in value_at(value, f"dependsOn/{kind}") or ():
            if not one.get("name") or one.keys() - KNOWN_OF_DEPENDENCY:
                wrong.append(f"dependsOn/{kind}: {one}")
    return wrong


def test_catalogues_of_public_software_can_read_what_this_is() -> None:
    value = document()
    assert broken_rules(value) == []
    assert value["publiccodeYmlVersion"] == "0.4"
    assert {"vi", "en"} <= value["description"].keys()
    assert value["localisation"]["availableLanguages"] == list(translations.LOCALES)
    assert value["intendedAudience"]["countries"] == ["vn"]


BROKEN: list[tuple[str, Any, str]] = [
    ("name", None, "name is missing"),
    ("url", "git@example.org", "url is no address"),
    ("releaseDate", "30/11/2026", "releaseDate is no day"),
    ("developmentStatus", "finished", "developmentStatus is another word"),
    ("softwareType", "web", "softwareType is another word"),
    ("categories", ["survey", "citizens"], "categories: citizens"),
    ("maintenance", {"type": "community"}, "maintenance/contacts is missing"),
    ("licence", "EUPL", "unknown key licence"),
    ("description", {"en": {"shortDescription": "x" * 151, "longDescription": "x" * 150, "features": ["x"]}},
     "en: shortDescription has 1 to 150 characters"),
    ("description", {"en": {"shortDescription": "x", "longDescription": "x" * 149, "features": ["x"]}},
     "en: longDescription has 150 to 10,000 characters"),
    ("description", {"en": {"shortDescription": "x", "longDescription": "x" * 150, "features": ["x"],
                            "screenshots": ["docs/none.png"]}}, "en: docs/none.png is not there"),
    ("dependsOn", {"open": [{"versionMin": "3"}]}, "dependsOn/open: {'versionMin': '3'}"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "said"), BROKEN, ids=lambda part: str(part)[:24])
def test_a_broken_rule_of_the_standard_is_reported(key: str, value: Any, said: str) -> None:
    changed = copy.deepcopy(document())
    changed[key] = value
    if value is None:
        del changed[key]
    assert broken_rules(changed) == [said]


def test_the_version_is_said_once_and_read_from_there() -> None:
    """setup.cfg says it; whatever repeats it for readers who cannot ask Python says the same."""
    version = setup()["metadata"]["version"]
    changelog = (ROOT / "docs" / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d\S*) – (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert newest is not None
    assert document()["softwareVersion"] == version == newest[1]
    assert AdminSettings(Path(), "").version == KioskSettings(Path()).version == version
    assert document()["releaseDate"] == newest[2]


def test_the_licence_is_the_same_everywhere_and_gives_its_own_notice() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    copyright_line, notice = re.findall(r"^(?:Copyright ©.*|Licensed under .*)$", text, re.MULTILINE)
    assert re.fullmatch(r"Copyright © 2026 .*Hài Lòng", copyright_line)
    assert notice == "Licensed under the EUPL"  # the words that article 1 of the licence asks for, after the copyright
    assert f"SPDX-License-Identifier: {LICENCE}\n" in text
    assert "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12" in text
    metadata = setup()["metadata"]
    assert metadata["license_expression"] == LICENCE == document()["legal"]["license"]
    assert not re.search(r"License ::", metadata["classifiers"])
    listed = metadata["license_files"].split()
    assert listed == ["LICENSE", "admin/pdf/tinos/OFL.txt"]
    assert all((ROOT / path).is_file() for path in listed)
    assert "SIL Open Font" in text
