"""Choices of language, size and contrast on the phone: what stands on the page is kept through them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from admin import jobs
from models.ids import new_id
from models.keys import read_or_make_key
from models.protocol import note_token
from models.tables.response import PhoneDraft
from models.vocabulary import Stage
from tests.fixtures.centre_and_desk import DESK, Centre, Desk
from tests.fixtures.paired_desk import read_hidden_fields
from tests.fixtures.phone_at_centre import (
    DAY,
    QUARTER,
    Phone,
    count_stored,
    find_form_action,
    find_link,
    find_response,
    mint_slip,
    response_id_of,
)

READ = "lang=en&size=large&contrast=high"
WORDS = "Chờ lâu, <b>\n gọi 0912 345 678"


def choice(page: TestResponse, value: str) -> str:
    """The address of the button that draws a page again for another reader; `value` as in `lang="en"`."""
    buttons = re.findall(r'<button form="[^"]*" formaction="([^"]*)" formmethod="post" formnovalidate name="act" '
                         r'value="look"([^>]*)>', page.text)  # fmt: skip
    (target,) = [address for address, rest in buttons if value in rest]
    return html.unescape(target)


def look(phone: Phone, page: TestResponse, value: str = 'lang="en"', **typed: Any) -> TestResponse:
    """Choose in the header of a page, with this typed and ticked on it."""
    new_page = phone.post(choice(page, value), **{**read_hidden_fields(page.text), **typed, "act": "look"})
    assert new_page.status_code == 200, new_page.text
    return new_page


def draft(centre: Centre, id: str) -> PhoneDraft:
    with centre.database.read() as session:
        return session.get_one(PhoneDraft, id)


def english(page: TestResponse) -> str:
    assert '<html lang="en"' in page.text
    return page.text


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no-cookies"])
def test_a_language_keeps_every_page_of_an_answer_and_sends_nothing(
    centre: Centre, token: str, cookies: bool
) -> None:
    phone = Phone(centre, cookies)
    address = phone.tap(token, 2)
    id, before = response_id_of(address), count_stored(centre)
    topics = look(phone, phone.get(address), topic=["wait", "fair"])
    for topic in ("wait", "fair"):
        assert f'value="{topic}" checked' in english(topics)
    assert '<details class="rest" open>' in topics.text and draft(centre, id).topics == ["wait", "fair"]
    assert draft(centre, id).step == 0 and "Step 2 of 4" in phone.get(choice(topics, "larger")).text
    factors = phone.client.post(
        find_form_action(topics), data={**read_hidden_fields(topics.text), "topic": ["wait"]}, follow_redirects=True
    )
    factors = look(phone, factors, 'lang="vi"', A="5", E="0")
    assert 'name="A" value="5" checked' in factors.text and 'name="E" value="0" checked' in factors.text
    last = phone.client.post(
        find_form_action(factors), data={**read_hidden_fields(factors.text), "A": "5"}, follow_redirects=True
    )
    last = look(phone, last, comment=WORDS, N5="2", WHO="1")
    assert "Chờ lâu, &lt;b&gt;\n gọi 0912 345 678</textarea>" in english(last)  # as typed, not as it will be kept
    assert 'name="N5" value="2" checked' in last.text and 'name="WHO" value="1" checked' in last.text
    assert count_stored(centre) == before and draft(centre, id).comment == "Chờ lâu, <b>\n gọi •••"
    assert "gọi •••</textarea>" in phone.get(choice(last, "larger")).text  # the browser's Back finds it too
    reply = phone.client.post(
        find_form_action(last), data={**read_hidden_fields(last.text), "comment": WORDS, "N5": "2"}
    )
    assert "/sent?" in reply.location and "lang=en" in reply.location
    row = find_response(centre, id)
    assert (row.answers, row.topics, row.state) == ({"overall": 2, "A": 5}, ["wait"], "complete")


def test_what_is_refused_is_kept_on_the_page_through_a_language(centre: Centre, token: str) -> None:
    phone, long = Phone(centre), "ữ" * 1001
    address = phone.tap(token, 4)
    page = phone.get(address + "&step=4")
    assert f"{long}</textarea>" in look(phone, page, comment=long, N6="1").text  # never sent
    refused = phone.client.post(find_form_action(page), data={**read_hidden_fields(page.text), "comment": long})
    assert refused.status_code == 400
    again = look(phone, refused, comment=long, N6="1")
    assert f"{long}</textarea>" in english(again) and 'name="N6" value="1" checked' in again.text
    assert "1,000" in again.text  # what is to be mended, in the other language
    own = {name: value for name, value in read_hidden_fields(page.text).items() if name in ("id", "seal")}.items()
    for broken in ({"seal": "f" * 32}, {"id": "5" * 32}, {"A": "x"}):
        new_page = look(phone, page, **{"comment": "lời", **broken})
        assert "lời</textarea>" in english(new_page) and read_hidden_fields(new_page.text).items() >= own


def test_the_end_leaves_out_a_page_that_was_only_looked_at(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    phone.page(address, topic=["wait"])
    factors = look(phone, phone.get(address), A="1")
    assert "what stands on this page is not sent" in factors.text
    assert "what was kept of this page" in look(phone, phone.get(address + "&step=2"), topic=["wait"]).text
    stopped = phone.post(find_form_action(factors), **read_hidden_fields(factors.text), A="1", act="stop")
    row = find_response(centre, response_id_of(stopped.location))
    assert (row.answers, row.topics) == ({"overall": 4}, ["wait"])


def test_a_page_that_was_looked_at_and_left_is_not_lost(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 4)
    centre.clock += QUARTER - 60_000
    look(phone, phone.get(address), topic=["wait"])
    centre.clock += QUARTER - 60_000  # the quarter of an hour has begun again
    assert draft(centre, response_id_of(address)).topics == ["wait"]
    centre.clock += 60_000
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    row = find_response(centre, response_id_of(address))
    assert (row.topics, row.state) == (["wait"], "partial")


def test_a_language_keeps_the_long_form_and_begins_none(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 3)
    page = phone.get(find_link(phone.send(address), "/long?"))
    before = count_stored(centre)
    names = re.findall(r'name="(SIPAS23-\w+)" value="4"', page.text)
    assert look(phone, page) and count_stored(centre) == before
    new_page = look(phone, page, **{names[0]: "4"})
    assert f'name="{names[0]}" value="4" checked' in english(new_page) and "Step 1 of" in new_page.text
    assert count_stored(centre) == {**before, "PhoneDraft": before["PhoneDraft"] + 1}
    second = phone.client.post(
        find_form_action(new_page), data={**read_hidden_fields(new_page.text), names[0]: "4"}, follow_redirects=True
    )
    assert "Step 2 of" in second.text
    names = re.findall(r'name="(SIPAS23-\w+)" value="2"', second.text)
    new_page = look(phone, second, 'lang="vi"', **{names[1]: "2"})
    assert f'name="{names[1]}" value="2" checked' in new_page.text and "Bước 2 trong" in new_page.text
    stopped = phone.post(find_form_action(new_page), **read_hidden_fields(new_page.text), **{names[1]: "2"}, act="stop")
    assert "/sent?" in stopped.location and count_stored(centre)["Response"] == before["Response"] + 1


def test_a_language_keeps_words_on_the_private_page(scene: tuple[Centre, Desk], centre: Centre) -> None:
    desk, phone, now = scene[1], Phone(centre, cookies=False), scene[1].now().t
    key = read_or_make_key(desk.settings.key_file)
    address = "/n/" + note_token.mint(desk.name, 1, new_id(now), now, key, centre.keys.public)
    page, before = phone.get(address), count_stored(centre)
    new_page = look(phone, page, comment=WORDS)
    assert "0912 345 678</textarea>" in english(new_page) and count_stored(centre) == before
    long = "ữ" * 1001
    refused = phone.post(find_form_action(new_page), **read_hidden_fields(new_page.text), comment=long)
    assert refused.status_code == 400 and f"{long}</textarea>" in look(phone, refused, 'lang="vi"', comment=long).text
    assert "lời</textarea>" in look(phone, page, comment="lời", seal="x").text and count_stored(centre) == before
    thanks = phone.client.post(
        find_form_action(new_page), data={**read_hidden_fields(new_page.text), "comment": WORDS}, follow_redirects=True
    )
    assert "Thank you!" in thanks.text and count_stored(centre)["Note"] == before["Note"] + 1


@pytest.mark.parametrize("path", ["/m", "/c/", "/c/000000000000", "/c/?code=xy"])
def test_a_language_keeps_a_code_that_is_being_typed_and_tries_none(centre: Centre, path: str) -> None:
    phone = Phone(centre)
    page = phone.get(path)
    typed = look(phone, page, code="ab12 cd")
    assert 'value="ab12 cd"' in english(typed) and "code=" not in choice(typed, "larger")
    for _time in range(70):  # more than may be tried
        look(phone, typed, code="0000 0000 0000 0000")
    assert 'value="ab12 cd"' in look(phone, typed, 'lang="vi"', code="ab12 cd").text


def test_a_code_that_was_refused_stands_in_the_box_to_be_mended(centre: Centre) -> None:
    phone = Phone(centre)
    wrong = phone.post("/m", code="AAAA BBBB CCCC DDDD")
    assert wrong.status_code == 404 and 'value="AAAA BBBB CCCC DDDD"' in wrong.text
    assert 'value="AAAA BBBB CCCC DDDD"' in look(phone, wrong, code="AAAA BBBB CCCC DDDD").text
    assert 'value="000000000000"' in phone.get("/c/000000000000").text


def test_the_choices_last_for_the_whole_walk_and_stand_in_no_cookie(
    scene: tuple[Centre, Desk], centre: Centre, token: str
) -> None:
    phone, desk = Phone(centre), scene[1]

    def read_so(page: TestResponse) -> TestResponse:
        """The page is read so, and so is all it leads to, but for what changes just that."""
        assert '<html lang="en" class="size-large contrast-high">' in page.text, page.request.url
        inner = re.sub(r'<details class="choices">.*?</details>', "", page.text, flags=re.S)
        for found in re.findall(r'(?:href|action)="(/[^"]*)"', inner):
            if not found.startswith(("/static", "/tokens")):
                assert set(READ.split("&")) <= set(html.unescape(found).partition("?")[2].split("&")), found
        if 'method="get"' in inner:  # the browser leaves out what its address names
            for name, value in (pair.split("=") for pair in READ.split("&")):
                assert f'type="hidden" name="{name}" value="{value}"' in inner
        return page

    address = phone.tap(token, 2, f"?{READ}")
    assert set(READ.split("&")) <= set(address.partition("?")[2].split("&"))
    page = read_so(phone.get(address))
    while "<textarea" not in page.text:
        page = read_so(phone.fill(page, {}))
    page = read_so(phone.fill(page, {}))
    link = re.search(r'class="second" href="([^"]*/long[?][^"]*)"', page.text)
    assert link is not None
    read_so(phone.get(html.unescape(link[1])))
    late = mint_slip(desk, stage=Stage.SUBMISSION, due_days=3)
    now, key = desk.now().t, read_or_make_key(desk.settings.key_file)
    private = "/n/" + note_token.mint(desk.name, 1, new_id(now), now, key, centre.keys.public)
    centre.clock = 5 * DAY  # the result was due
    paths = [f"/r/{token}", f"/r/{token}/again", f"/d/{DESK}", private, "/m", "/c/", "/c/000000000000", "/d/none",
             "/r/none", f"/r/{late}", f"/r/{late}?got=no&"]  # fmt: skip
    for path in paths:
        read_so(Phone(centre).client.get(f"{path}{'' if '?' in path else '?'}{READ}", follow_redirects=True))
        fresh = phone.client.get(path.rstrip("&"), follow_redirects=True)  # the next person, at the same phone
        assert '<html lang="vi">' in fresh.text and "size=" not in re.sub(r"<nav.*?</nav>", "", fresh.text, flags=re.S)
    cookie = phone.client.get_cookie("hailong_slip")
    assert cookie is not None and not re.search("large|high", cookie.value)


def test_a_choice_leads_to_the_very_same_page(scene: tuple[Centre, Desk], centre: Centre) -> None:
    late = mint_slip(scene[1], stage=Stage.SUBMISSION, due_days=3)
    centre.clock = 5 * DAY  # the result was due
    assert 'name="score"' not in Phone(centre).get(f"/r/{late}").text
    page = Phone(centre).get(f"/r/{late}?got=no&fbclid={'x' * 300}&_external=1")
    assert page.text.count('name="score"') == 5
    links = [html.unescape(place) for place in re.findall(r'href="(/r/[^"]*)" class="[^"]*"', page.text)]
    assert len(links) == 6 and all("got=no" in place and "fbclid" not in place for place in links)
    for place in links:
        assert Phone(centre).get(place).text.count('name="score"') == 5


@pytest.mark.parametrize("asked", ["lang=xx&size=huge&contrast=x", "lang=&size=&contrast=", "lang=en%00"])
def test_what_is_not_offered_is_the_default(centre: Centre, token: str, asked: str) -> None:
    assert '<html lang="vi">' in Phone(centre).get(f"/r/{token}?{asked}").text
