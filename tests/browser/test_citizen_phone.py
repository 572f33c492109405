"""The phone pages behind a slip in a real browser: 360 and 320 px, without script, under 50 kB, pictures kept.

The pages are drawn from the centre's own templates, forms and questionnaire; the way from a slip to them is tested
where slips are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, render_template, request
from playwright.sync_api import Browser, Page, expect

import translations
from admin.headers import POLICY
from admin.survey.forms import FaceForm, more_form
from models import instrument, tokens
from tests.browser.tablet import clipped, complaints, overflow, served
from translations import OWN_NAMES, current_locale, set_locale

ADMIN = Path(__file__).resolve().parents[2] / "admin"
QUESTIONS = instrument.parse(json.loads((ADMIN / "instruments" / "data" / "short-1.json").read_text(encoding="utf-8")))
SLIP = {
    "agency_name": "UBND phường Hoa Lư",
    "procedure_name": "Đăng ký khai sinh",
    "desk_name": "Quầy 3",
    "day": "14/10/2026",
}
ID = "0" * 32


def phone() -> Flask:
    """The templates behind fixed addresses; what a form says comes back in `said`."""
    app = Flask("admin", root_path=str(ADMIN))
    app.secret_key = "test"
    app.config["said"] = []
    translations.install(app.jinja_env)
    app.add_template_filter(lambda text: text.text(current_locale()), "local")
    app.before_request(lambda: set_locale(request.args.get("lang")))

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    def draw(name: str, **values: Any) -> str:
        offered = [(code, own, f"?lang={code}") for code, own in OWN_NAMES.items()]
        return render_template(f"survey/{name}.html", languages=offered, instrument=QUESTIONS, **values)

    @app.get("/tokens.css")
    def sheet() -> Response:
        return Response(tokens.css(), mimetype="text/css")

    @app.route("/faces", methods=["GET", "POST"])
    def faces() -> str:
        if request.method == "POST":
            form = FaceForm("T", ID)
            app.config["said"].append((form.validate(), form.score.data))
        return draw("faces", context=SLIP, form=FaceForm("T", ID, formdata=None), action="/faces")

    @app.route("/more", methods=["GET", "POST"])
    def more() -> str:
        form = more_form(QUESTIONS, "T", ID)
        if request.method == "POST":
            app.config["said"].append((form.validate(), form.topics, form.answers, form.text))
        return draw("more", context=SLIP, form=form, action="/more")

    @app.get("/sent")
    def sent() -> str:
        return draw("sent", context=SLIP)

    @app.get("/used")
    def used() -> str:
        title = translations.gettext("The code on this slip has been used")
        return draw("closed", context=SLIP, kind="used", title=title, text=title, code="HL-409", address="/used")

    @app.get("/expired")
    def expired() -> str:
        title = translations.gettext("This code has expired")
        return draw("closed", context=None, kind="expired", title=title, text=title, code="HL-410", advice=title)

    return app


@pytest.fixture
def app() -> Flask:
    return phone()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url


def on(browser: Browser, width: int = 360, height: int = 740, script: bool = False) -> Page:
    size = {"width": width, "height": height}
    page = browser.new_context(viewport=size, java_script_enabled=script, has_touch=True).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(30_000)
    return page


@pytest.mark.parametrize("size", [(360, 740), (320, 640)], ids=str)
@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", ["faces", "more", "sent", "used", "expired"])
def test_each_page_fits_is_small_and_is_kept_as_a_picture(
    browser: Browser, address: str, pictures: Path, size: tuple[int, int], lang: str, name: str
) -> None:
    page = on(browser, *size, script=True)
    heard, weight = complaints(page), [0]
    page.on("response", lambda response: weight.append(len(response.body())))
    page.goto(f"{address}/{name}?lang={lang}")
    page.screenshot(path=pictures / f"Q-{name}-{size[0]}-{lang}.png", full_page=True)
    assert overflow(page)[0] == 0 and clipped(page) == []
    assert heard == []
    assert 1000 < sum(weight) < 50_000
    for control in page.locator("button, a, summary, label.row, label.tick").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box and box["height"] >= 44


def test_the_five_rows_are_equal_and_in_order(browser: Browser, address: str) -> None:
    page = on(browser)
    page.goto(address + "/faces")
    boxes = [row.bounding_box() for row in page.locator(".row").all()]
    assert {(round(box["width"]), round(box["height"])) for box in boxes if box} == {(328, 68)}
    assert [row.get_attribute("value") for row in page.locator(".row").all()] == ["1", "2", "3", "4", "5"]
    last = boxes[-1]
    assert last and last["y"] + last["height"] <= 740


@pytest.mark.parametrize("score", [1, 5])
def test_one_touch_sends_a_face_without_script(browser: Browser, address: str, app: Flask, score: int) -> None:
    page = on(browser)
    page.goto(address + "/faces")
    with page.expect_navigation():
        page.locator(".row").nth(score - 1).tap()
    assert app.config["said"] == [(True, str(score))]


def test_everything_that_may_be_added_arrives_without_script(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser)
    page.goto(address + "/more")
    expect(page.locator(":checked")).to_have_count(0)
    page.locator("input[value=wait]").check()
    page.locator(".rest summary").tap()
    page.locator("input[value=fair]").check()
    page.locator(".factor summary").nth(0).tap()
    page.locator("input[name=A][value='4']").check()
    page.locator(".factor summary").nth(4).tap()
    page.locator("input[name=E][value='0']").check()
    page.locator("textarea").fill("Chờ lâu,\nnhưng <b>đúng hẹn</b>.")
    with page.expect_navigation():
        page.locator(".first").tap()
    expect(page.locator("input[value=fair]")).to_be_checked()
    expect(page.locator("textarea")).to_have_value("Chờ lâu,\nnhưng <b>đúng hẹn</b>.")
    answer = (True, ("wait", "fair"), {"A": 4, "E": 0}, "Chờ lâu,\nnhưng <b>đúng hẹn</b>.")
    assert app.config["said"] == [answer]


def test_nothing_more_means_nothing_more(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser)
    page.goto(address + "/more")
    page.locator("input[value=wait]").check()
    page.locator("textarea").fill("x")
    with page.expect_navigation():
        page.locator(".second").tap()
    assert app.config["said"] == [(True, (), {}, None)]


@pytest.mark.parametrize("name", ["faces", "more", "sent", "used", "expired"])
def test_phone_pages_have_no_accessibility_faults(browser: Browser, address: str, name: str) -> None:
    page = on(browser, script=True)
    page.goto(f"{address}/{name}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
