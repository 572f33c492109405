"""The permissions table: every address, every role, the own agency and another; the rest is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from admin.auth import permissions
from admin.reports import rendering
from admin.web.security_headers import HEADERS
from tests.fixtures.centre_scene import NOW, PEOPLE, CentreScene, find_form_token, open_centre

EVERY = {"province", "auditor", "editor", "agency", "desk"}
READERS = {"province", "auditor", "agency"}
ISSUERS = {"province", "agency"}

#: rule → who may open it; None is anybody. A new address is written down here first.
TABLE: dict[str, set[str] | None] = {
    "/static/<path:filename>": None,
    "/tokens.css": None,
    "/healthz": None,
    "/api/v1/sync": None,
    "/api/v1/reference": None,
    "/api/v1/media": None,
    "/api/v1/enrol": None,
    "/api/v1/slips": None,
    "/api/v1/openapi.json": None,
    "/api/v1/indices": None,
    "/api/v1/indices.csv": None,
    "/r/<token>": None,
    "/R/<token>": None,
    "/r/<token>/again": None,
    "/r/<token>/mine": None,
    "/r/<token>/more": None,
    "/r/<token>/words": None,
    "/r/<token>/long": None,
    "/r/<token>/sent": None,
    "/d/<token>": None,
    "/D/<token>": None,
    "/d/<token>/more": None,
    "/d/<token>/words": None,
    "/d/<token>/sent": None,
    "/n/<token>": None,
    "/N/<token>": None,
    "/m": None,
    "/M": None,
    "/c/": None,
    "/c/<code>": None,
    "/C/<code>": None,
    "/sign-in": None,
    "/staff/link/<token>": None,
    "/v/<code>": None,
    "/V/<code>": None,
    "/v/": None,
    "/": EVERY,
    "/overview.csv": EVERY,
    "/agencies": EVERY,
    "/agencies.csv": EVERY,
    "/agencies/<key>": EVERY,
    "/agencies/<key>.csv": EVERY,
    "/agencies/<key>/desks": ISSUERS,
    "/slips": EVERY,
    "/agencies/<key>/slips": EVERY,
    "/agencies/<key>/slips.csv": EVERY,
    "/agencies/<key>/indicators": EVERY,
    "/agencies/<key>/indicators.csv": EVERY,
    "/coverage": READERS,
    "/coverage.csv": READERS,
    "/running.json": READERS,
    "/ranking": EVERY,
    "/ranking.csv": EVERY,
    "/devices": READERS,
    "/reports": READERS,
    "/reports/issue": ISSUERS,
    "/reports/<code>/<name>": READERS,
    "/languages": {"province"},
    "/comments": ISSUERS,
    "/comments/export": ISSUERS,
    "/comments/province": {"province"},
    "/comments/province/export": {"province"},
    "/sign-out": EVERY,
}

#: Those that only take forms.
POSTED = ("/sign-out", "/reports/issue", "/comments/export", "/comments/province/export")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("access")) as scene:
        yield scene


def report(scene: CentreScene, agency: str) -> tuple[str, str]:
    """The code and file name of an agency's report of October."""
    made = rendering.issue_drawn_report(scene.database, scene.app.extensions["settings"], agency, "2026-10", NOW)
    return made.code, f"bao-cao-2026-10-{agency}.pdf"


def address(scene: CentreScene, rule: str, agency: str) -> str:
    """A rule filled in for an agency."""
    code, name = report(scene, agency)
    filled = rule.replace("<key>", agency).replace("<code>", code).replace("<name>", name)
    return filled.replace("<path:filename>", "admin.css").replace("<token>", "unknown")


def open_it(client: FlaskClient, rule: str, path: str, agency: str) -> int:
    if rule in POSTED:
        form = {"csrf_token": find_form_token(client), "agency": agency, "period": "2026-10", "kind": "csv"}
        return client.post(path, data=form).status_code
    return client.get(path).status_code


def test_the_table_names_every_address_there_is(scene: CentreScene) -> None:
    assert {rule.rule for rule in scene.app.url_map.iter_rules()} == set(TABLE)


def test_the_application_and_the_table_agree_on_the_roles(scene: CentreScene) -> None:
    for rule in scene.app.url_map.iter_rules():
        roles = permissions.endpoint_roles(scene.app, rule.endpoint)
        assert roles == TABLE[rule.rule], rule.rule


@pytest.mark.parametrize("email", PEOPLE)
@pytest.mark.parametrize("rule", [rule for rule, roles in TABLE.items() if roles is not None])
def test_a_role_opens_what_the_table_says_and_nothing_outside_its_agency(
    scene: CentreScene, rule: str, email: str
) -> None:
    role, own = PEOPLE[email]
    allowed = TABLE[rule]
    assert allowed is not None
    for agency in ("HL", "STC"):
        status = open_it(scene.client(email), rule, address(scene, rule, agency), agency)
        bound = "<" in rule or rule in ("/reports/issue", "/comments/export")
        outside = bound and own not in ("NB", agency)
        if role not in allowed:
            assert status == 403
        elif outside:
            assert status == 404
        else:
            assert status in (200, 302), (rule, status)


@pytest.mark.parametrize("rule", [rule for rule, roles in TABLE.items() if roles is not None])
def test_strangers_are_asked_to_sign_in_and_told_nothing(scene: CentreScene, rule: str) -> None:
    path = address(scene, rule, "HL")
    client = scene.client()
    response = client.post(path) if rule in POSTED else client.get(path)
    assert response.status_code == 302 and response.headers["Location"].startswith("/sign-in")
    assert scene.client().get(path.replace("HL", "NOWHERE")).status_code in (302, 405)


def test_a_view_that_names_no_role_is_for_nobody(tmp_path: Path) -> None:
    with open_centre(tmp_path, filled=False) as scene:
        scene.app.add_url_rule("/forgotten", "devices.forgotten", lambda: "figures")
        assert scene.get("/forgotten", "province@nb.vn").status_code == 403
        assert scene.get("/forgotten", None).status_code == 302


def test_the_list_shows_the_own_agencies_alone(scene: CentreScene) -> None:
    assert "Sở Tài chính" in scene.text("/agencies")
    seen = scene.client("ward@nb.vn").get("/agencies", follow_redirects=True)
    assert seen.request.path == "/agencies/HL" and "Sở Tài chính" not in seen.text
    assert scene.get("/reports?agency=STC", "ward@nb.vn").status_code == 404
    fleet = scene.text("/devices", "ward@nb.vn")
    assert "d-0001" not in fleet and "d-0002" in fleet


def test_a_question_behind_an_address_cannot_bend_where_it_leads(scene: CentreScene) -> None:
    sent = scene.get("/?_external=1&_scheme=javascript&period=2026-09", "ward@nb.vn")
    assert sent.headers["Location"] == "/agencies/HL?_external=1&_scheme=javascript&period=2026-09"


@pytest.mark.parametrize(
    "path", ["/", "/agencies/NOWHERE", "/sign-in", "/static/admin.css", "/v/none", "/healthz", "/x"]
)
def test_every_answer_carries_the_headers(scene: CentreScene, path: str) -> None:
    response = scene.get(path)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    for directive in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert directive in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    if not path.startswith("/static"):
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/agencies/NOWHERE", 404, "not_found"), ("/?period=2026-11", 404, "bad_period"),
     ("/?period=x", 404, "bad_period"), ("/reports/issue", 405, "wrong_method")],
)  # fmt: skip
def test_errors_have_one_shape(scene: CentreScene, path: str, status: int, code: str) -> None:
    client = scene.client("province@nb.vn")
    as_json = client.get(path, headers={"Accept": "application/json"})
    assert as_json.status_code == status and set(as_json.json or {}) == {"error"}
    assert as_json.get_json()["error"]["code"] == code and as_json.get_json()["error"]["message"]
    page = client.get(path)
    assert page.status_code == status and f"HL-{status}" in page.text and code in page.text


def test_a_form_that_is_too_old_says_so_and_changes_nothing(scene: CentreScene) -> None:
    response = scene.client("province@nb.vn").post("/reports/issue", data={"agency": "SNV", "period": "2026-10"})
    assert response.status_code == 400 and "page_too_old" in response.text


def test_a_month_that_is_not_over_is_not_issued(scene: CentreScene) -> None:
    client = scene.client("province@nb.vn")
    form = {"csrf_token": find_form_token(client), "agency": "SNV", "period": "2026-11"}
    response = client.post("/reports/issue", data=form)
    assert response.status_code == 409 and "month_open" in response.text


def test_a_store_that_does_not_answer_is_named_in_words_and_to_the_watchdog(tmp_path: Path) -> None:
    with open_centre(tmp_path, filled=False) as scene:
        client = scene.client("province@nb.vn")
        assert scene.client().get("/healthz").status_code == 200
        with scene.database.write() as session:
            session.connection().exec_driver_sql("ALTER TABLE staff_session RENAME TO gone")
            session.connection().exec_driver_sql("DELETE FROM alembic_version")
        response = client.get("/")
        assert response.status_code == 503 and "store_failed" in response.text
        health = scene.client().get("/healthz")
        assert health.status_code == 503 and json.loads(health.text)["ok"] is False


def test_what_is_public_is_this_and_no_more(scene: CentreScene) -> None:
    """A staff part's page that is opened to anybody by a mistaken mark turns up here."""
    parts = {name for name in scene.app.blueprints if permissions.find_public_blueprint(scene.app, f"{name}.x")}
    assert parts == {"sync", "survey", "announce", "open_data"}
    views = {
        rule.endpoint for rule in scene.app.url_map.iter_rules()
        if permissions.endpoint_roles(scene.app, rule.endpoint) is None and rule.endpoint.partition(".")[0] not in parts
    }
    assert views == {
        "static", "shell.tokens_css", "health.healthz", "staff.sign_in", "staff.link", "reports.verify",
        "reports.ask_code",
    }  # fmt: skip
