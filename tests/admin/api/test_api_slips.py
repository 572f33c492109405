"""Slips announced by other systems: minted once a request, spent like a desk's, described truly.

The server behaves as its description says.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from admin import jobs
from admin.api.slips import api_keys
from admin.cli import cli
from admin.desks import dossier_formats
from admin.ledgers import verification
from admin.slips import code_and_dossier_keys
from models.clock import day_start, local_day
from models.protocol import dossier_code, slip
from models.tables.device import Refusal
from models.tables.response import Tie
from models.tables.slip_record import AnnouncedSlip, ApiKey, IdempotentReply, PrintedSlip
from models.vocabulary import Stage
from tests.fixtures import qr_reader
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre
from tests.fixtures.json_schema import find_schema_faults, resolve_reference
from tests.fixtures.phone_at_centre import DAY, QUARTER, Phone, check_error_page, find_response, response_id_of

DOSSIER = "G22.99-261120-0047"
WHOLE = {
    "agency": AGENCY, "desk": DESK, "decider": "NB-14725", "stage": "submission", "procedure": "1.001193",
    "dossier_code": DOSSIER, "due": None,
}  # fmt: skip


class Software:
    """Another system with a key."""

    def __init__(
        self, centre: Centre, name: str = "one-stop", agency: str = AGENCY, per_minute: int = 600,
        deciders: tuple[str, ...] = ("NB-14725",),
    ) -> None:  # fmt: skip
        self.centre = centre
        with centre.database.write() as session:
            self.key = api_keys.add_key(session, name, agency, centre.now().t, per_minute, deciders)

    def post(self, body: Any, once: str | None = None, **headers: str) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} | headers
        if once is not None:
            sent["Idempotency-Key"] = once
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.centre.app.test_client(use_cookies=False).post("/api/v1/slips", data=data, headers=sent)
        described(self.centre, answer)
        return answer

    def made(self, once: str | None = None, **changes: Any) -> dict[str, Any]:
        answer = self.post(WHOLE | changes, once)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.get_json()
        return found


def described(centre: Centre, answer: TestResponse) -> None:
    """An answer is one that the description names, in its shape."""
    root = centre.app.test_client().get("/api/v1/openapi.json").get_json()
    said = root["paths"]["/api/v1/slips"]["post"]["responses"][str(answer.status_code)]
    assert answer.mimetype == "application/json"
    assert find_schema_faults(answer.json, said["content"]["application/json"]["schema"], root) == []
    for name, header in said.get("headers", {}).items():
        assert name in answer.headers or not header.get("required")
        assert name not in answer.headers or find_schema_faults(answer.headers[name], header["schema"], root) == []


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path / "centre")
    yield centre
    centre.close()


@pytest.fixture
def both(tmp_path: Path, store_url: str) -> Iterator[Centre]:
    """On SQLite and on PostgreSQL."""
    centre = Centre(tmp_path / "centre", store_url)
    yield centre
    centre.close()


def count(centre: Centre, model: type[Any]) -> int:
    with centre.database.read() as session:
        return len(session.scalars(select(model)).all())


@pytest.mark.every_moment
def test_an_announced_slip_is_answered_like_any_other(both: Centre) -> None:
    due = local_day(both.stop_clock().t + 3 * DAY)
    made = Software(both).made(due=due)
    paper, _signature = slip.parse(made["token"])
    assert (paper.device, paper.stage.value, paper.due_days) == (slip.CENTRE_NUMBER, "submission", 3)
    assert made["url"].endswith("/R/" + made["token"]) and made["url"] == made["url"].upper()
    phone = Phone(both)
    page = phone.get(f"/r/{made['token']}").text
    assert "khai sinh" in page and "Quầy 1" in page and "…47" in page and DOSSIER not in page
    row = find_response(both, response_id_of(phone.send(phone.tap(made["token"], 4)).request.full_path))
    assert (row.agency_key, row.desk_code, row.decider_key, row.stage) == (AGENCY, DESK, "NB-14725", "submission")
    assert (row.channel, row.outcome) == ("qr", "counted")
    check_error_page(Phone(both).get(f"/r/{made['token']}"), "HL-409")
    code = Phone(both).post("/m", code=made["code"])
    check_error_page(Phone(both).get(code.location), "HL-409")  # the code under it is the same slip
    with both.database.read() as session:
        assert all(not one.wrong for one in verification.verify_ledgers(session, both.keys.public))
        kept = session.scalars(select(AnnouncedSlip)).one()
        assert (kept.last_two, kept.due) == ("47", due) and kept.dossier and DOSSIER not in kept.dossier
        assert session.scalars(select(PrintedSlip)).one().agency_key == AGENCY


def test_the_qr_is_read_by_a_camera(centre: Centre) -> None:
    made = Software(centre).made()
    side = int(re.findall(r'viewBox="0 0 (\d+) ', made["qr_svg"])[0])
    assert side <= 57
    picture = Image.new("L", (4 * side, 4 * side), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-", made["qr_svg"]):
        draw.rectangle((4 * int(x), 4 * int(y), 4 * (int(x) + int(run)) - 1, 4 * int(y) + 3), fill=0)
    picture.save(io.BytesIO(), "PNG")
    assert [one.text for one in qr_reader.read_qr_codes(picture)] == [made["url"]]


def test_the_same_key_and_body_is_one_slip_and_another_body_is_refused(centre: Centre) -> None:
    software = Software(centre)
    first = software.post(WHOLE, "a-1")
    again = software.post(json.dumps(WHOLE, indent=3).encode(), "a-1")
    assert (first.status_code, again.status_code) == (201, 201) and first.text == again.text
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    other = software.post(WHOLE | {"stage": "result"}, "a-1")
    assert other.status_code == 422 and other.get_json()["error"]["code"] == "idempotency_mismatch"
    assert count(centre, AnnouncedSlip) == 1
    assert Software(centre, "portal").made("a-1")["token"] != first.get_json()["token"]
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 8 * DAY)
    assert count(centre, IdempotentReply) == 0 and count(centre, AnnouncedSlip) == 2


def test_fifty_posts_at_once_are_one_slip_and_fifty_requests_are_fifty(both: Centre) -> None:
    software = Software(both)
    with ThreadPoolExecutor(10) as pool:
        same = list(pool.map(lambda _n: software.made("same")["token"], range(50)))
        apart = list(pool.map(lambda n: software.made(f"n{n}")["token"], range(50)))
    assert len(set(same)) == 1 and len(set(apart)) == 50
    with both.database.read() as session:
        serials = session.scalars(select(AnnouncedSlip.serial).order_by(AnnouncedSlip.serial)).all()
        assert session.scalars(select(PrintedSlip.serial).order_by(PrintedSlip.serial)).all() == serials
    assert serials == list(range(1, 52))


def test_a_batch_is_made_whole_or_not_at_all(centre: Centre) -> None:
    software = Software(centre, per_minute=250)
    made = software.post({"slips": [WHOLE | {"dossier_code": f"G22.99-261120-{n:04d}"} for n in range(200)]})
    tokens = {one["token"] for one in made.get_json()["slips"]}
    assert made.status_code == 201 and len(tokens) == 200
    bad = software.post({"slips": [WHOLE, WHOLE | {"procedure": "9.999999"}]})
    assert bad.status_code == 422 and bad.get_json()["error"]["code"] == "unknown_procedure"
    assert count(centre, AnnouncedSlip) == 200
    for slips in ([], [WHOLE] * 201, WHOLE, None):
        assert software.post({"slips": slips}).status_code == 422
    assert software.post({"slips": [WHOLE], "agency": AGENCY}).status_code == 422


def test_a_key_may_announce_so_many_a_minute(centre: Centre) -> None:
    software, other = Software(centre, per_minute=3), Software(centre, "portal")
    centre.clock = 60_000 - centre.now().t % 60_000  # the beginning of a minute
    for _ in range(3):
        software.made()
    full = software.post(WHOLE)
    assert full.status_code == 429 and full.get_json()["error"]["code"] == "too_many"
    assert 0 < int(full.headers["Retry-After"]) <= 60 and count(centre, AnnouncedSlip) == 3
    other.made()
    centre.clock += 61_000
    software.made()


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"agency": None}, "bad_field"), ({"agency": 5}, "bad_field"), ({"agency": ["x"]}, "bad_field"),
    ({"agency": ""}, "bad_field"), ({"agency": "x" * 41}, "bad_field"), ({"agency": "a\0b"}, "bad_field"),
    ({"agency": "NB-14725"}, "unknown_agency"), ({"agency": "NOWHERE"}, "unknown_agency"),
    ({"desk": "NB-1-Q9"}, "unknown_desk"), ({"desk": True}, "bad_field"), ({"decider": "X"}, "unknown_agency"),
    ({"stage": "tea"}, "bad_field"), ({"stage": None}, "bad_field"), ({"procedure": 1.001193}, "bad_field"),
    ({"dossier_code": "12345"}, "bad_field"), ({"dossier_code": "G22.99-261399-0047"}, "bad_field"),
    ({"due": "30/11/2026"}, "bad_field"), ({"due": "2026-02-30"}, "bad_field"), ({"due": 20261130}, "bad_field"),
    ({"due": "20261130"}, "bad_field"), ({"officer": "Nguyễn Văn A"}, "bad_field"), ({"slip": 1}, "bad_field"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BAD_FIELDS)))
def test_what_is_not_understood_is_named_and_nothing_is_made(
    described_centre: Software, number: int
) -> None:
    changes, code = BAD_FIELDS[number]
    answer = described_centre.post(WHOLE | changes)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, code)
    assert count(described_centre.centre, AnnouncedSlip) == 0


@pytest.fixture(scope="module")
def described_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Software]:
    centre = Centre(tmp_path_factory.mktemp("described"))
    yield Software(centre, per_minute=100_000)
    centre.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"agency":NaN}', b'{"agency":"a","agency":"b"}', b"[" * 100_000],
    ids=["empty", "open", "list", "null", "text", "bytes", "nan", "twice", "deep"],
)
def test_a_body_that_is_no_json_is_refused(described_centre: Software, body: bytes) -> None:
    answer = described_centre.post(body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "bad_json")


def test_only_a_server_with_a_key_in_use_is_heard(described_centre: Software) -> None:
    software, centre = described_centre, described_centre.centre
    for header in ("Bearer hl_wrong", "Bearer ", "", "Basic x", "Bearer hl_wröng"):
        answer = software.post(WHOLE, Authorization=header)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.get_json()["error"]["code"] == "unknown_key"
    assert software.post(WHOLE, Origin="https://elsewhere.vn").status_code == 403
    assert software.post(WHOLE, **{"Content-Type": "text/plain"}).status_code == 415
    assert software.post(WHOLE, "x" * 81).status_code == 422
    assert software.post(b"x" * (3 << 20)).status_code == 413
    gone = Software(centre, "gone")
    with centre.database.write() as session:
        api_keys.revoke_key(session, "gone", 1)
    assert gone.post(WHOLE).status_code == 401
    with centre.database.read() as session:
        of_all_days = select(Refusal.code, func.sum(Refusal.n)).where(Refusal.device == "api").group_by(Refusal.code)
        counted = {code: n for code, n in session.execute(of_all_days)}
        assert counted["unknown_key"] >= 6 and counted["no_browsers"] >= 1
        assert gone.key not in "".join(row.digest for row in session.scalars(select(ApiKey)))
    assert count(centre, AnnouncedSlip) == 0


def test_two_slips_of_one_step_are_one_transaction_and_another_step_is_another(centre: Centre) -> None:
    software = Software(centre)
    tokens = [software.made(stage=stage)["token"] for stage in ("submission", "submission", "result")]
    phones = [Phone(centre) for _ in tokens]
    ids = [
        response_id_of(phone.tap(token, score)) for phone, token, score in zip(phones, tokens, (5, 2, 4), strict=True)
    ]
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + QUARTER)
    assert [find_response(centre, id).outcome for id in ids] == ["contested", "counted", "counted"]
    with centre.database.read() as session:
        assert all(DOSSIER not in tie.key for tie in session.scalars(select(Tie)))


@pytest.mark.every_moment
def test_what_leads_to_the_dossier_is_erased_with_its_key(centre: Centre) -> None:
    made = Software(centre).made()
    later = day_start(local_day(centre.now().t + 95 * DAY))
    centre.set_in_use_until(later)
    jobs.update_responses_and_tallies(centre.database, centre.keys, later)
    centre.set_in_use_until(centre.now().t)
    with centre.database.read() as session:
        row = session.scalars(select(AnnouncedSlip)).one()
        assert (row.dossier, row.last_two, row.dossier_month) == (None, None, None)
    assert "…47" not in Phone(centre).get(f"/r/{made['token']}").text


def test_a_slip_of_another_centre_is_unknown_here(centre: Centre, tmp_path: Path) -> None:
    elsewhere = Centre(tmp_path / "elsewhere")
    made = Software(elsewhere).made()
    Software(centre).made()
    check_error_page(Phone(centre).get(f"/r/{made['token']}"), "HL-404")
    check_error_page(Phone(centre).post("/m", code=made["code"]), "HL-404")
    elsewhere.close()


def test_the_description_is_whole(described_centre: Software) -> None:
    root = described_centre.centre.app.test_client().get("/api/v1/openapi.json").get_json()
    assert root["openapi"] == "3.1.0" and root["info"]["title"] and root["info"]["version"]
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(root)))
    assert references and all(resolve_reference(reference, root) for reference in references)
    rules = {str(rule.rule) for rule in described_centre.centre.app.url_map.iter_rules()}
    for path, methods in root["paths"].items():
        assert path in rules
        for method in methods.values():
            assert method["responses"] and all(one["description"] for one in method["responses"].values())
    asked = root["paths"]["/api/v1/slips"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert find_schema_faults(WHOLE, asked, root) == [] and find_schema_faults({"slips": [WHOLE]}, asked, root) == []
    assert find_schema_faults(WHOLE | {"officer": "x"}, asked, root) and find_schema_faults({"slips": []}, asked, root)


def test_keys_are_made_listed_and_revoked_by_command(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_INSTANCE", str(centre.settings.instance))

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["apikeys", *words])

    made = run("add", "VNPT iGate", "--agency", AGENCY)
    assert made.exit_code == 0 and made.stdout.startswith("hl_")
    assert run("add", "VNPT iGate", "--agency", AGENCY).exit_code == 1
    assert run("add", "other", "--agency", "NOWHERE").exit_code == 1
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["name"], row["agency"], row["revoked_ms"]) == ("VNPT iGate", AGENCY, None)
    assert made.stdout.strip() not in run("list").stdout and "hl_" not in run("list").stdout
    assert run("revoke", "VNPT iGate").exit_code == 0 and run("revoke", "nobody").exit_code == 1
    assert "đã thu hồi" in run("list").stdout


def test_a_key_names_only_the_deciders_it_was_given(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it may not name makes nothing; keys from before this was asked may name any."""
    monkeypatch.setenv("HAILONG_INSTANCE", str(centre.settings.instance))
    software = Software(centre, deciders=())

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["apikeys", *words])

    def code(**changes: Any) -> str | None:
        answer = software.post(WHOLE | changes)
        return answer.get_json()["error"]["code"] if answer.status_code == 422 else None

    assert (code(), code(decider=AGENCY), code(decider=None)) == ("foreign_agency", None, None)
    many = software.post({"slips": [WHOLE | {"decider": None}, WHOLE]})
    with centre.database.read() as session:
        assert many.status_code == 422 and session.scalar(select(func.count()).select_from(AnnouncedSlip)) == 2
    assert run("deciders", "one-stop", "NB-14725").stdout == "one-stop  NB-14725\n" and code() is None
    assert run("deciders", "one-stop", "NOWHERE").stderr.startswith("unknown_agency") and code() is None
    assert run("deciders", "nobody").stderr.startswith("api_key_unknown")
    assert "cơ quan giải quyết: NB-14725" in run("list").stdout
    assert run("deciders", "one-stop").exit_code == 0 and code() == "foreign_agency"
    added = run("add", "VNPT iGate", "--agency", AGENCY, "--decider", "NB-14725", "--decider", "NOWHERE")
    assert added.stderr.startswith("unknown_agency: Không có cơ quan NOWHERE")
    with centre.database.write() as session:
        session.execute(update(ApiKey).values(deciders=None))
    assert code() is None and "mọi cơ quan giải quyết" in run("list").stdout


def test_the_province_says_what_a_dossier_code_looks_like(centre: Centre) -> None:
    """One file for desks and API; one that cannot be used is as none."""
    software, file = Software(centre), centre.settings.instance / dossier_formats.FILE
    file.write_text(json.dumps({"patterns": [r"(?P<agency>VN\d+)/(?P<day>\d{6})/\d+"]}), encoding="utf-8")
    assert software.made(dossier_code="VN37/261120/57")["token"]
    assert software.post(WHOLE).status_code == 422
    assert dossier_formats.read_province_formats(centre.settings.instance) == (r"(?P<agency>VN\d+)/(?P<day>\d{6})/\d+",)
    bad_ones = ["{", "[]", *(f'{{"patterns": {inside}}}' for inside in ("[]", '["("]', '["(?P<day>x)"]', "[1]"))]
    for bad in bad_ones:
        file.write_text(bad, encoding="utf-8")
        with pytest.raises(ValueError):
            dossier_formats.read_formats_file(file)
        assert dossier_formats.read_province_formats(centre.settings.instance) == dossier_code.PATTERNS
    assert software.post(WHOLE).status_code == 201


@pytest.mark.every_moment
def test_the_tablet_and_an_announced_slip_of_one_dossier_count_once(both: Centre) -> None:
    """Joined by the reference alone: the tablet's answer came from a desk, the slip from another system."""
    from admin.responses import sidecars, transaction_settlement
    from models.tables.response import OpenedSidecar, ResponseName
    from tests.fixtures.answer_rows import make_response_row as answer_of

    software = Software(both)
    phone = Phone(both)
    sent = phone.send(phone.tap(software.made()["token"], 5))
    with both.database.write() as session:
        month = local_day(both.now().t)[:7]
        named = dossier_code.make_month_references(
            DOSSIER, code_and_dossier_keys.read_dossier_keys(session, AGENCY), month
        )
        session.add(answer_of("k" * 32, "kiosk", 1, both.now().t, stage="submission", agency_key=AGENCY))
        text = dossier_code.make_transaction_name(named, Stage.SUBMISSION)
        session.add(OpenedSidecar(device_id="d-0001", id="k" * 32, kind="r", salt="", value=text, received_ms=0))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {"k" * 32: ResponseName("d-0001", "k" * 32)})
        )
    assert find_response(both, "k" * 32).outcome == "superseded"
    other = Phone(both)
    low = other.send(other.tap(software.made()["token"], 2))  # announced twice: still one transaction
    outcomes = [find_response(both, response_id_of(one.request.full_path)).outcome for one in (sent, low)]
    assert outcomes == ["contested", "counted"]
