"""The tablet's faces on every size of screen, in each size of letters.

The page is asked for once a language; the window and the letters change their size around it. Nothing scrolls, nothing
is cut, nothing lies on something else; larger letters are nowhere smaller than the letters before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.fixtures.browser_tablet import open_tablet_page, serve_app
from tests.fixtures.paired_desk import LONG_NAME, change_reference, make_paired_app
from tests.fixtures.screen_fit import SCREENS, find_fit_faults, find_misfits

#: As long as a question may be: ninety letters.
LONG_QUESTION = "Ông/Bà có hài lòng với việc tiếp nhận, giải quyết và trả kết quả hồ sơ hôm nay không?"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_faces_fit_every_size_and_larger_letters_are_nowhere_smaller(
    browser: Browser, tmp_path: Path, pictures: Path, lang: str
) -> None:
    page = open_tablet_page(browser)
    with serve_app(make_paired_app(tmp_path / "desk")) as address:
        page.goto(f"{address}/?lang={lang}")
        wrong = find_misfits(page, "faces", lang, pictures)
    assert not wrong, "\n".join(wrong)


def with_long_words(document: dict[str, Any]) -> None:
    document["agency"]["name"] = {"vi": LONG_NAME}
    document["instrument"]["items"][0]["text"]["vi"] = LONG_QUESTION


def test_faces_with_a_long_question_and_a_long_name_fit_every_size(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    app = make_paired_app(tmp_path / "long")
    change_reference(app, with_long_words)
    page = open_tablet_page(browser)
    wrong: list[str] = []
    with serve_app(app) as address:
        for size in ("normal", "large"):
            page.goto(f"{address}/?size={size}")
            for screen in SCREENS:
                wrong += [f"{size} {screen}: {fault}" for fault in find_fit_faults(page, screen)]
                page.screenshot(path=pictures / f"size-long-{size}-{screen[0]}x{screen[1]}.png")
    assert not wrong, "\n".join(wrong)
