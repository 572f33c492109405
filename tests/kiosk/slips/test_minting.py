"""Minting of slips: a serial is used once whatever happens, and a phone can read what is printed."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser
from sqlalchemy import func, select

from kiosk.desk import ledger, reference, state
from kiosk.slips import minting, slip_image
from models import clock
from models.clock import Moment
from models.keys import read_or_make_key
from models.protocol import slip, slip_typed_code
from models.protocol.entry_chain import parse
from models.reference.localized_text import LocalText
from models.tables.desk_store import MintedSlip
from models.tables.ledger_entry import StoredEntry
from models.vocabulary import Stage
from tests.fixtures import desk_state_rows, qr_reader
from tests.fixtures.centre_and_desk import Desk, pair_centre_and_desk
from tests.fixtures.desk_command import ROOT, run_desk_command
from tests.fixtures.paired_desk import LONG_NAME, change_reference
from translations import use_locale

HOST = "https://danhgia.ninhbinh.gov.vn"
BIRTH = "1.001193"
TYPED = "5c" * 32


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose centre has stopped."""
    with pair_centre_and_desk(tmp_path_factory.mktemp("slips")) as (centre, own):
        centre.stop()
        with own.database.write() as session:
            desk_state_rows.put_texts(session, public_url=HOST)
        change_reference(own.app, lambda value: value.update(typed_keys={"1": TYPED}))
        yield own


def mint(own: Desk, now: Moment | None = None, **values: Any) -> minting.PrintableSlip:
    values.setdefault("stage", Stage.SUBMISSION)
    with own.database.write() as session:
        return minting.mint_slip(session, read_or_make_key(own.settings.key_file), now or own.now(), **values)


def known(own: Desk) -> reference.Reference:
    with own.database.read() as session:
        found = reference.read_reference(session)
    assert found is not None
    return found


def written(own: Desk) -> tuple[int, int]:
    """Slips and ledger entries."""
    with own.database.read() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(select(func.count()).select_from(table)) for table in (MintedSlip, StoredEntry)
        )


def read(image: Image.Image) -> zxingcpp.Barcode:
    (found,) = qr_reader.read_qr_codes(image)
    return found


def version(code: zxingcpp.Barcode) -> int:
    extra: Any = code.extra
    return int(extra["Version"])




def test_a_slip_says_what_the_desk_knows_without_a_network(alone: Desk) -> None:
    now = alone.now()
    made = mint(alone, now, stage=Stage.RESULT, procedure=BIRTH, due_days=5)
    paper, signature = slip.parse(made.token)
    with alone.database.read() as session:
        identity = state.read_state(session).identity
        stored = session.scalars(select(MintedSlip).where(MintedSlip.serial == made.serial)).one()
        entry = session.get_one(StoredEntry, (identity.device, identity.epoch, stored.seq))  # type: ignore[union-attr]
    assert identity is not None
    vk = read_or_make_key(alone.settings.key_file).public
    assert slip.is_genuine(paper, signature, vk, identity.centre_key)
    assert not slip.is_genuine(dataclasses.replace(paper, serial=99), signature, vk, identity.centre_key)
    number = slip.device_number(identity.device)
    assert (paper.device, paper.epoch, paper.serial) == (number, identity.epoch, made.serial)
    assert (paper.seq, paper.head.hex()) == (entry.seq, entry.h[:16])
    assert (paper.stage, paper.due_days, paper.minute) == (Stage.RESULT, 5, now.t // 60_000)
    procedure = known(alone).procedure(BIRTH)
    assert procedure is not None and paper.procedure == procedure.number
    said = {
        "due_days": 5, "minute": paper.minute, "procedure": BIRTH, "serial": made.serial, "stage": "result",
    }  # fmt: skip
    assert parse(entry.bytes).typ == "token" and parse(entry.bytes).p == said
    assert made.url == f"HTTPS://DANHGIA.NINHBINH.GOV.VN/R/{made.token}"


def test_two_hundred_tokens_differ_and_are_numbered_without_a_gap(alone: Desk) -> None:
    now = alone.now()
    made = [mint(alone, now) for _ in range(200)]
    assert len({one.token for one in made}) == 200
    first = made[0].serial
    assert [one.serial for one in made] == list(range(first, first + 200))


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"procedure": "9.999999"}, minting.UnknownProcedure),
        ({"due_days": -1}, ValueError),
        ({"due_days": slip.NO_DUE}, ValueError),
    ],
)
def test_a_refused_slip_leaves_nothing_behind(alone: Desk, values: dict[str, Any], error: type[Exception]) -> None:
    before = written(alone)
    with pytest.raises(error):
        mint(alone, **values)
    assert written(alone) == before


def test_a_desk_that_is_not_paired_mints_nothing(tmp_path: Path) -> None:
    own = Desk(tmp_path)
    with pytest.raises(ledger.NotPaired):
        mint(own)
    own.close()


def test_a_crash_after_minting_skips_a_serial_and_never_repeats_one(alone: Desk) -> None:
    before = mint(alone).serial
    program = (
        "import os\n"
        "from kiosk.cli import base\n"
        "from kiosk.slips import minting\n"
        "from models import clock\n"
        "from models.keys import read_or_make_key\n"
        "from models.vocabulary import Stage\n"
        "database, settings = base.open_store()\n"
        "with database.write() as session:\n"
        "    made = minting.mint_slip(session, read_or_make_key(settings.key_file), clock.now(), stage=Stage.RESULT)\n"
        "os.write(1, str(made.serial).encode())\n"
        "os.kill(os.getpid(), 9) if hasattr(os, 'fork') else os._exit(9)\n"
    )
    environment = {**os.environ, "HAILONG_INSTANCE": str(alone.settings.instance)}
    died = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, timeout=120)
    assert died.returncode != 0 and int(died.stdout) == before + 1
    assert mint(alone).serial == before + 2


def test_a_slip_that_could_not_be_drawn_skips_its_serial(alone: Desk) -> None:
    folder = alone.settings.instance / "slips"
    folder.write_bytes(b"a file where the folder should be")
    before = mint(alone).serial
    try:
        failed = run_desk_command(alone.settings.instance, "slip", "--stage", "result", "--json")
    finally:
        folder.unlink()
    assert failed.returncode == 1 and failed.stdout == ""
    assert mint(alone).serial == before + 2


@pytest.mark.every_moment
def test_the_command_prints_one_document_and_draws(alone: Desk) -> None:
    done = run_desk_command(
        alone.settings.instance, "slip", "--stage", "submission", "--procedure", BIRTH, "--due", "2036-01-31", "--json"
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    said = json.loads(line)
    assert said.keys() == {"serial", "token", "code", "url", "png", "svg"}
    typed = slip_typed_code.parse(said["code"])
    assert typed is not None and slip_typed_code.is_genuine(typed, 1, bytes.fromhex(TYPED))
    assert typed.serial == slip.parse(said["token"])[0].serial == said["serial"]
    with Image.open(said["png"]) as png:
        assert (png.mode, png.width) == ("1", 576)
        assert read(png).text == said["url"] == f"HTTPS://DANHGIA.NINHBINH.GOV.VN/R/{said['token']}"
    assert Path(said["svg"]).read_bytes().startswith(b"<svg ")
    paper, _ = slip.parse(said["token"])
    assert clock.local_day(paper.due_ms or 0) == "2036-01-31"


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["--stage", "result", "--procedure", "9.999999"], "unknown_procedure: ", 1),
        (["--stage", "result", "--due", "2020-01-31"], "bad_due: ", 1),
        (["--stage", "result", "--due", "2300-01-01"], "bad_due: ", 1),
        (["--stage", "result", "--due", "31/01/2036"], "", 2),
        (["--stage", "nonsense"], "", 2),
    ],
)
def test_the_command_refuses_with_a_code_and_writes_nothing(
    alone: Desk, arguments: list[str], code: str, exit_code: int
) -> None:
    before = written(alone)
    done = run_desk_command(alone.settings.instance, "slip", *arguments, "--json")
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert done.stderr.startswith(code) and "Traceback" not in done.stderr
    assert written(alone) == before


def test_the_command_needs_a_paired_desk(tmp_path: Path) -> None:
    done = run_desk_command(tmp_path, "slip", "--stage", "result", "--json")
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith("not_paired: ")


# What is printed


@pytest.fixture(scope="module")
def made(alone: Desk) -> minting.PrintableSlip:
    return mint(alone, procedure=BIRTH, due_days=3)


@pytest.fixture(scope="module")
def papers(alone: Desk, made: minting.PrintableSlip) -> dict[str, Callable[[int], Image.Image]]:
    """The same token on slips with other words."""
    about = known(alone)
    long = dataclasses.replace(about, agency_name=LocalText({"vi": LONG_NAME}))
    name = LocalText({"vi": "Cấp Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản gắn liền với đất"})
    wordy = dataclasses.replace(made, code="7K2M4QXDR8TW3HPA", procedure=reference.Procedure("1", 1, name))
    bare = dataclasses.replace(made, procedure=None, due_days=None, stage=Stage.GUIDANCE)

    def drawn(
        minted: minting.PrintableSlip, about: reference.Reference, locale: str = "vi"
    ) -> Callable[[int], Image.Image]:
        def draw(width: int) -> Image.Image:
            with use_locale(locale):
                return slip_image.draw_slip(minted, about, width)

        return draw

    return {
        "usual": drawn(made, about), "long": drawn(wordy, long), "english": drawn(made, about, "en"),
        "bare": drawn(bare, about),
    }  # fmt: skip


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize("name", ["usual", "long", "english", "bare"])
def test_the_picture_is_one_bit_on_whole_dots_and_decodes(
    papers: dict[str, Callable[[int], Image.Image]], made: minting.PrintableSlip, pictures: Path, name: str, width: int
) -> None:
    image = papers[name](width)
    image.save(pictures / f"R1-{width}-{name}.png")
    assert (image.mode, image.width) == ("1", width)
    code = read(image)
    assert (code.text, code.ec_level) == (made.url, "M")
    assert version(code) <= 8
    module = 9 if width == 576 else 6
    modules = 17 + 4 * version(code)
    left, top, far = code.position.top_left.x, code.position.top_left.y, modules * module
    assert abs(code.position.top_right.x - left - far) <= 1 and abs(code.position.bottom_left.y - top - far) <= 1
    grid = image.crop((left, top, left + far, top + far))
    small = grid.resize((modules, modules), Image.Resampling.NEAREST)
    assert small.resize((far, far), Image.Resampling.NEAREST).tobytes() == grid.tobytes()
    quiet = 4 * module
    around = image.crop((left - quiet, top - quiet, left + far + quiet, top + far + quiet))
    assert around.convert("L").histogram()[0] == grid.convert("L").histogram()[0]


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize("angle", [7, -7, 90, 180])
def test_a_slip_held_askew_decodes(
    papers: dict[str, Callable[[int], Image.Image]], made: minting.PrintableSlip, angle: int, width: int
) -> None:
    turned = papers["usual"](width).convert("L").rotate(angle, expand=True, fillcolor=255)
    assert read(turned).text == made.url


@pytest.mark.parametrize("name", ["usual", "long", "english", "bare"])
def test_no_word_leaves_the_paper(papers: dict[str, Callable[[int], Image.Image]], name: str) -> None:
    for width, margin in ((576, 24), (384, 14)):
        image = papers[name](width).convert("L")
        for edge in ((0, 0, margin - 2, image.height), (width - margin + 2, 0, width, image.height)):
            assert image.crop(edge).getextrema() == (255, 255)


def test_other_facts_are_other_pictures(
    papers: dict[str, Callable[[int], Image.Image]], made: minting.PrintableSlip
) -> None:
    drawn = [papers[name](576).tobytes() for name in papers]
    assert len(set(drawn)) == len(papers)
    assert papers["usual"](576).tobytes() == drawn[0]


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize(
    "host",
    ["danhgiahailong.dichvucong.tinhninhbinh.gov.vn:8443", "hailong.sokhcn.tinhninhbinh.gov.vn",
     "ubndphuonghoaluninhbinh.vn"],
    ids=["port", "four", "one long name"],
)  # fmt: skip
def test_an_address_with_a_long_host_still_fits_the_paper(
    alone: Desk, made: minting.PrintableSlip, pictures: Path, host: str, width: int
) -> None:
    far = dataclasses.replace(made, url=slip.url(f"https://{host}", made.token))
    image = slip_image.draw_slip(far, known(alone), width)
    image.save(pictures / f"R1-host-{width}-{len(host)}.png")
    assert read(image).text == far.url and version(read(image)) <= 8
    margin = slip_image.PAPERS[width].margin - 2
    for edge in ((0, 0, margin, image.height), (width - margin, 0, width, image.height)):
        assert image.convert("L").crop(edge).getextrema() == (255, 255)


def test_the_svg_decodes_as_a_browser_draws_it(browser: Browser, made: minting.PrintableSlip, tmp_path: Path) -> None:
    drawn = slip_image.qr_svg(made.url)
    assert b"style" not in drawn and b"script" not in drawn
    file = tmp_path / "slip.svg"
    file.write_bytes(drawn)
    page = browser.new_page(viewport={"width": 600, "height": 400})
    page.set_content(f"<body bgcolor=black>{drawn.decode()}</body>")
    page.locator("svg").screenshot(path=tmp_path / "slip.png")
    page.close()
    with Image.open(tmp_path / "slip.png") as image:
        for angle in (0, 7):
            code = read(image.convert("L").rotate(angle, expand=True, fillcolor=255))
            assert code.text == made.url and version(code) <= 8


def test_the_text_for_a_terminal_is_the_same_code(made: minting.PrintableSlip) -> None:
    lines = slip_image.qr_text(made.url).splitlines()
    rows = [[(c in "█▀", c in "█▄") for c in line] for line in lines]
    image = Image.new("1", (len(rows[0]), 2 * len(rows)), 1)
    for y, row in enumerate(rows):
        for x, (upper, lower) in enumerate(row):
            image.putpixel((x, 2 * y), int(upper))
            image.putpixel((x, 2 * y + 1), int(lower))
    assert read(image.resize((image.width * 6, image.height * 6))).text == made.url
