"""The catalogues: Vietnamese words for every sentence, a current template, a check that can fail."""

from __future__ import annotations

import gettext as stdlib
import io
from pathlib import Path

import pytest

import translations
from translations import formats, loader
from translations.maintenance import catalogues


def test_the_catalogue_is_complete() -> None:
    assert catalogues.find_problems() == []
    assert len(catalogues.extract_messages()) > 200


def test_the_template_holds_every_message(tmp_path: Path) -> None:
    template = catalogues.read_catalogue(loader.HERE / "messages.pot")
    ids = {message.id for message in template if message.id}
    assert ids == set(catalogues.extract_messages())


def test_a_missing_a_stale_and_a_bent_message_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = loader.find_text_file("vi").read_text(encoding="utf-8")
    changed = tmp_path / "messages.po"
    text = lines.replace('msgid "Send"', 'msgid "Sendd"', 1).replace("%(agency)s", "%(agencies)s")
    changed.write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogues, "find_text_file", lambda locale: changed)
    wrong = " ".join(catalogues.find_problems())
    assert "no Vietnamese words for 'Send'" in wrong and "no longer used: 'Sendd'" in wrong


def test_words_follow_the_language_in_force() -> None:
    assert translations.gettext("Send") == "Gửi"
    with translations.use_locale("en"):
        assert translations.gettext("Send") == "Send"
        with translations.use_locale("rad"):  # a language CLDR does not know speaks Vietnamese until it has words
            assert translations.current_locale() == "vi"
    assert str(translations.lazy("Send")) == "Gửi"
    assert isinstance(loader.load_catalogue("en"), stdlib.NullTranslations)


@pytest.mark.parametrize(
    ("locale", "number", "percent", "day"),
    [("vi", "1.234.567,9", "86,4%", "14/10/2026"), ("en", "1,234,567.9", "86.4%", "14 Oct 2026")],
)
def test_numbers_and_days_follow_it_too(locale: str, number: str, percent: str, day: str) -> None:
    import datetime

    with translations.use_locale(locale):
        assert formats.decimal("1234567.891") == number
        assert formats.percent("86.35") == percent
        assert formats.day(datetime.date(2026, 10, 14)) == day


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("kiosk/tablet/faces.py", True), ("kiosk/staff/officer_page.py", False), ("kiosk/templates/faces.html", True),
        ("kiosk/templates/staff/state.html", False), ("models/to_come.py", True), ("wsgi.py", False),
        ("admin/dashboard/views.py", False), ("admin/survey/forms.py", True),
        ("admin/templates/survey/step.html", True),
        ("admin/sync/reference_data.py", True), ("admin/sync/views.py", False), ("admin/templates/error.html", True),
        ("admin/templates/base.html", False), ("admin/templates/slip_usage/slips.html", False),
    ],
)  # fmt: skip
def test_a_room_itself_says_whether_citizens_read_it(file: str, read: bool) -> None:
    assert catalogues.is_file_for_citizens(file) is read


def test_every_folder_of_templates_is_a_room_s() -> None:
    shared = {"components"}
    for package in ("kiosk", "admin"):
        folders = {path.name for path in (catalogues.ROOT / package / "templates").iterdir() if path.is_dir()} - shared
        rooms = {path.parent.name for path in (catalogues.ROOT / package).glob("*/__init__.py")}
        assert folders <= rooms


def test_our_own_catalogues_are_read_without_babel_as_babel_reads_them() -> None:
    source = loader.find_text_file("vi")
    messages, plural = loader.read_generated_catalogue(source.read_text(encoding="utf-8"))
    ours, theirs = (
        loader.ReceivedCatalogue(messages, plural),
        stdlib.GNUTranslations(io.BytesIO(loader.compile_catalogue(source))),
    )
    pairs = [message.id for message in catalogues.read_catalogue(source) if isinstance(message.id, tuple)]
    singles = [
        message.id for message in catalogues.read_catalogue(source) if isinstance(message.id, str) and message.id
    ]
    assert len(pairs) > 20 and len(singles) > 1000
    assert [ours.gettext(id) for id in singles] == [theirs.gettext(id) for id in singles]
    assert [ours.ngettext(one, many, 2) for one, many in pairs] == [
        theirs.ngettext(one, many, 2) for one, many in pairs
    ]


def test_words_that_nobody_is_sure_of_are_left_out() -> None:
    text = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    text += '#, fuzzy\nmsgid "a"\nmsgstr "b"\n\n'
    text += 'msgid "c \\"d\\" "\n"e"\nmsgstr ""\n"f\\n"\n\nmsgid "g"\nmsgid_plural "h"\nmsgstr[0] "i"\n'
    text += 'msgstr[1] "j"\n\nmsgid "k"\nmsgstr ""'
    assert loader.read_generated_catalogue(text) == ({'c "d" e': "f\n", "g": ["i", "j"]}, "(n != 1)")
