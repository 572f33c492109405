"""The report of a rehearsal: what was done and seen, signed with the desk's key.

It is kept in `instance/drills/`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.drill.journal import flush_folder
from models.keys import SigningKey
from models.protocol import canonical
from translations import formats, lazy
from translations import gettext as _

#: Step → its name, in the order in which they are walked.
TITLES: dict[str, Any] = {
    "ready": lazy("The desk before anything is broken"),
    "cable_out": lazy("Network cable out"),
    "power_off": lazy("Power off"),
    "clock_wrong": lazy("Wrong clock"),
    "disk_full": lazy("Full disk"),
    "cable_in": lazy("Network cable in again"),
}
MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in `TITLES`, whether it went well, one sentence, and the numbers that were seen."""

    id: str
    ok: bool
    detail: str
    seen: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For journal and report."""
        return {"detail": self.detail, "id": self.id, "ok": self.ok, "seen": self.seen, "title": str(TITLES[self.id])}

    @classmethod
    def of(cls, value: dict[str, Any]) -> Step:
        """A step read back from the journal."""
        return cls(value["id"], value["ok"], value["detail"], dict(value["seen"]))


def sign_report(facts: dict[str, Any], steps: Sequence[Step], key: SigningKey) -> dict[str, Any]:
    """The report: `facts` and the steps, with `passed_count`, `failed`, `ok` and the desk's Ed25519 signature (hex)
    over the canonical bytes of all the rest."""
    done = {step.id for step in steps}
    missing = [Step(id, False, _("This step was not done.")) for id in TITLES if id not in done]
    every = [*steps, *missing]
    passed_count = sum(step.ok for step in every)
    report = {
        **facts,
        "failed": len(every) - passed_count,
        "kind": "drill",
        "ok": passed_count == len(every),
        "passed": passed_count,
        "steps": [step.as_json() for step in every],
        "v": 1,
    }
    return {**report, "signature": key.sign(canonical.dump(report, limit=MAX_BYTES)), "key": key.public}


def save_report(report: dict[str, Any], folder: Path) -> Path:
    """Write the report, safe on the disk; returns its path."""
    path = folder / f"drill-{report['ended']}.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    flush_folder(folder)
    return path


def format_step(step: dict[str, Any]) -> str:
    """One step as a line of the checklist."""
    return f"  [{'x' if step['ok'] else ' '}] {step['title']} – {step['detail']}"


def format_checklist(report: dict[str, Any]) -> list[str]:
    """The checklist for people, to be printed and signed by hand."""
    return [
        "",
        _("Rehearsal of desk %(desk)s, device %(device)s", desk=report["desk"], device=report["device"]),
        _("Ended %(when)s, software %(version)s", when=formats.moment(report["ended"]), version=report["app"]),
        "",
        *map(format_step, report["steps"]),
        "",
        _("%(passed)s of %(all)s steps went well.", passed=report["passed"], all=len(report["steps"])),
        _("%(n)s practice ratings were thanked for; they count nowhere.", n=report["thanked"]),
        _("Carried out by: %(name)s", name=report["by"] or "…………………………"),
        _("Witnessed by: …………………………"),
        _("Signature of the desk: %(signature)s", signature=report["signature"][:32] + "…"),
    ]
