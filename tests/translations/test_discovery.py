"""Discovery of languages: one more is one folder, known to CLDR or not.

What it lacks is said in Vietnamese.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import translations
from translations import discovery, formats, loader
from translations.maintenance import completeness
from translations.maintenance.completeness import Gap

QUESTIONS = ["Ông/Bà có hài lòng không?", "{place} có ghế ngồi"]


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    translations.find_languages()
    translations.receive_languages({})


def folder(place: Path, code: str, messages: dict[str, str] | None = None, **about: object) -> Path:
    """A language's folder with a few words."""
    own = place / code
    own.mkdir(parents=True, exist_ok=True)
    (own / "language.json").write_text(json.dumps({"name": f"tiếng {code}", **about}), encoding="utf-8")
    if messages is not None:
        lines = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: zzx\\n"\n']
        for id, text in messages.items():
            lines.append(f"msgid {json.dumps(id)}\nmsgstr {json.dumps(text, ensure_ascii=False)}\n")
        (own / "messages.po").write_text("\n".join(lines), encoding="utf-8")
    return own


def test_what_comes_with_the_product_is_found_in_order() -> None:
    assert list(translations.OWN_NAMES.items()) == [("vi", "Tiếng Việt"), ("en", "English")]
    assert translations.staff_locales() == ("vi", "en")


def test_whoever_holds_the_list_of_languages_sees_a_new_one(tmp_path: Path) -> None:
    codes, names = translations.LOCALES, translations.OWN_NAMES
    folder(tmp_path, "km", {"Send": "ផ្ញើ"})
    translations.find_languages(tmp_path)
    assert list(codes) == ["vi", "en", "km"] and names["km"] == "tiếng km"
    assert translations.staff_locales() == ("vi", "en")
    with translations.use_locale("km"):
        assert translations.gettext("Send") == "ផ្ញើ"
    translations.find_languages()
    assert "km" not in codes and translations.known_locale("km") == "vi"


@pytest.mark.parametrize("code", ["zzx", "cjm-x-test", "km"])
def test_a_language_speaks_with_vietnamese_forms_of_numbers_and_days(tmp_path: Path, code: str) -> None:
    folder(tmp_path, code, {"Send": "Gưi"})
    translations.find_languages(tmp_path)
    with translations.use_locale(code):
        assert translations.current_locale() == code
        assert translations.gettext("Send") == "Gưi"
        assert translations.gettext("Undo") == "Undo"  # no message of ours: nothing to say instead
        assert translations.gettext("Sign out") == "Đăng xuất"  # never English where words are missing
        assert (formats.number(48216), formats.percent("86.4")) == ("48.216", "86,4%")
        assert formats.day(date(2026, 10, 14)) == "14/10/2026"
        assert translations.ngettext("%(n)s agency", "%(n)s agencies", 3) == "3 cơ quan"


def test_a_language_may_have_another_decimal_sign(tmp_path: Path) -> None:
    folder(tmp_path, "th", {}, decimal_sign=".")
    translations.find_languages(tmp_path)
    with translations.use_locale("th"):
        assert formats.decimal("1234.5") == "1,234.5"


def test_plurals_follow_the_rule_of_the_file_where_cldr_knows_none(tmp_path: Path) -> None:
    own = folder(tmp_path, "zzx", {})
    (own / "messages.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: zzx\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\nmsgid "%(n)s agency"\nmsgid_plural "%(n)s agencies"\n'
        'msgstr[0] "%(n)s uno"\nmsgstr[1] "%(n)s muchos"\n',
        encoding="utf-8",
    )
    translations.find_languages(tmp_path)
    with translations.use_locale("zzx"):
        said = [translations.ngettext("%(n)s agency", "%(n)s agencies", n) for n in (1, 2)]
    assert said == ["1 uno", "2 muchos"]
    assert completeness.export_language("zzx")["plural"].replace(" ", "") in ("(n!=1)", "n!=1")


@pytest.mark.parametrize(
    ("name", "about"),
    [("Zz", "{}"), ("zzzz", '{"name": "x"}'), ("zza", "{"), ("zzb", '{"name": ""}'), ("zzc", "[]"),
     ("zzd", '{"name": "x", "decimal_sign": ";"}'), ("zz-abcdefgh-abcdefgh", '{"name": "x"}')],
)  # fmt: skip
def test_a_folder_that_is_no_language_is_named_and_hinders_nothing(tmp_path: Path, name: str, about: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "language.json").write_text(about, encoding="utf-8")
    folder(tmp_path, "rad", {"Send": "Gưi"})
    translations.find_languages(tmp_path)
    assert list(translations.LOCALES) == ["vi", "en", "rad"]
    assert len(discovery.find_folder_problems()) == 1 and name in discovery.find_folder_problems()[0]


def test_a_catalogue_that_cannot_be_read_is_a_gap_and_no_error(tmp_path: Path) -> None:
    own = folder(tmp_path, "zzx", {"Send": "Gưi"})
    for name in ("messages.po", "questions.po"):
        (own / name).write_bytes(b'msgid "Send\nmsgstr \xff\xfe')
    translations.find_languages(tmp_path)
    with translations.use_locale("zzx"):
        assert translations.gettext("Send") == "Gửi"
    assert loader.load_question_texts("zzx") == {}
    found = completeness.find_gaps("zzx", QUESTIONS)
    assert found[0].kind == "file" and [gap.kind for gap in found[1:]] == ["question"] * 2


def test_changed_words_are_read_again(tmp_path: Path) -> None:
    import os

    own = folder(tmp_path, "zzx", {"Send": "một"})
    translations.find_languages(tmp_path)
    with translations.use_locale("zzx"):
        assert translations.gettext("Send") == "một"
        folder(tmp_path, "zzx", {"Send": "hai"})
        os.utime(own / "messages.po", ns=(1, 1))
        translations.refresh_languages()
        assert translations.gettext("Send") == "hai"


def test_words_that_came_over_the_wire_are_spoken_before_a_folders(tmp_path: Path) -> None:
    words = {"Send": "Gưi", "%(n)s agency": ["%(n)s c"]}
    translations.receive_languages({"zzx": {"name": "Zzx", "plural": "0", "messages": words}})
    assert list(translations.OWN_NAMES) == ["vi", "en", "zzx"]
    with translations.use_locale("zzx"):
        assert translations.gettext("Send") == "Gưi"
        assert translations.ngettext("%(n)s agency", "%(n)s agencies", 2) == "2 c"
        assert translations.gettext("Sign out") == "Đăng xuất"
    translations.receive_languages({})
    assert translations.known_locale("zzx") == "vi"


def test_the_files_laid_out_for_a_translator_ask_for_everything_and_keep_what_is_there(tmp_path: Path) -> None:
    own = tmp_path / "zzx"
    asked = len(completeness.citizen_messages()) + len(QUESTIONS)
    assert completeness.prepare_language(own, "Zzx", QUESTIONS) == asked > 100
    text = (own / "messages.po").read_text(encoding="utf-8")
    assert "#. Gửi\n" in text and 'msgid "Send"' in text and 'msgid "Sign out"' not in text
    filled = text.replace('msgid "Send"\nmsgstr ""', 'msgid "Send"\nmsgstr "Gưi"')
    (own / "messages.po").write_text(filled, encoding="utf-8")
    assert completeness.prepare_language(own, "Another name", QUESTIONS) == asked - 1
    assert discovery.read_language(own).name == "Zzx"
    translations.find_languages(tmp_path)
    assert Gap("words", "Send") not in completeness.find_gaps("zzx", QUESTIONS)
    assert len(completeness.find_gaps("zzx", QUESTIONS)) == asked - 1


PLACED = next(one for one in completeness.citizen_messages() if isinstance(one, str) and one.count("%(") == 1)


@pytest.mark.parametrize(
    ("id", "words", "kind"),
    [(PLACED, "không có chỗ", "places"), (PLACED, PLACED + PLACED, "places"), ("Send", "Gửi %", "places"),
     ("Send", "<script>x</script>", "places"), ("Send", "<b>Gửi</b>", "places"), ("Send", "  ", "words"),
     ("Send", "Gửi", None), (PLACED, "x " + PLACED, None)],
)  # fmt: skip
def test_words_that_would_break_a_page_are_a_gap(tmp_path: Path, id: str, words: str, kind: str | None) -> None:
    folder(tmp_path, "zzx", {id: words})
    translations.find_languages(tmp_path)
    assert [gap.kind for gap in completeness.find_gaps("zzx", []) if gap.text == id] == ([kind] if kind else [])


def test_the_template_marks_what_citizens_meet() -> None:
    ids = {one if isinstance(one, str) else one[0] for one in completeness.citizen_messages()}
    assert {"Send", "I do not want to rate", "Public Administration Service Centre"} <= ids
    assert not {"Sign out", "Rating devices"} & ids and 80 < len(ids) < 400
