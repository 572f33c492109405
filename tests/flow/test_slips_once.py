"""Ten thousand slips minted without a network: each good once, on either database.

No replay helps, after a restart or at another centre; nothing is told to whoever holds no slip.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

import admin
import kiosk
from admin import jobs
from admin.slips import slip_proof, slip_spending
from admin.slips.slip_proof import SlipRefused
from admin.slips.slip_spending import SlipUse
from kiosk.settings import Settings as DeskSettings
from kiosk.slips import minting
from models import ids
from models.clock import Moment
from models.ids import new_id
from models.keys import SigningKey, read_or_make_key
from models.protocol import slip, slip_typed_code
from models.tables.device import Device, Epoch
from models.tables.response import LaterAnswer, SpentSlip
from models.vocabulary import Stage
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.mistyped_slip_tokens import ALPHABET, change_character
from tests.fixtures.phone_at_centre import Phone, check_error_page, count_stored, mint_slip, response_id_of

MANY = 10_000
#: What a box for a code carries: when its page was drawn, under a seal.
PAGE = re.compile(r'name="page" value="[^"]*"')


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path_factory.mktemp("once")) as (centre, desk):
        centre.stop()
        yield centre, desk


def test_ten_thousand_tokens_minted_offline_are_each_accepted_once(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    key, now, made = read_or_make_key(desk.settings.key_file), desk.now(), []
    with desk.database.write() as session:
        made += minting.mint_slips(session, key, now, MANY // 2, stage=Stage.RESULT, due_days=3)
    again = kiosk.create_app(DeskSettings(desk.settings.instance))  # the machine was restarted
    with again.extensions["database"].write() as session:
        made += minting.mint_slips(session, key, desk.now(), MANY - MANY // 2, stage=Stage.SUBMISSION)
    again.extensions["database"].close()
    assert [one.serial for one in made] == list(range(1, MANY + 1))
    tokens = [one.token for one in made]
    assert len(set(tokens)) == len({one.code for one in made}) == MANY and None not in {one.code for one in made}
    t = centre.now().t
    with centre.database.write() as session:
        prover = slip_proof.SlipProver(centre.keys)
        uses = [
            SlipUse(prover.prove(session, token, t), new_id(t), f"browser {at}", t) for at, token in enumerate(tokens)
        ]
        for at in range(0, MANY, 500):
            assert slip_spending.spend_slips(session, uses[at : at + 500]) == {use.id for use in uses[at : at + 500]}
    with centre.database.write() as session:
        assert slip_spending.spend_slips(session, uses) == set()  # the same once more: nothing is spent twice
        assert session.scalar(select(func.count()).select_from(SpentSlip)) == MANY
        for use in uses[::100]:
            with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_used"):
                slip_spending.spend_slips(session, [replace(use, id=new_id(t), browser="another")])
        assert session.scalar(select(func.count()).select_from(SpentSlip)) == MANY
        assert session.scalar(select(func.count()).select_from(LaterAnswer)) == 0


def test_at_the_centre_every_changed_character_and_every_other_device_s_key_is_unknown(
    scene: tuple[Centre, Desk],
) -> None:
    centre, desk = scene
    token, t = mint_slip(desk), centre.now().t
    paper, _signature = slip.parse(token)
    with centre.database.write() as session:  # fifty other devices stand at the same desk, in good order
        own = session.get_one(Device, desk.name)
        keys = [SigningKey(secrets.token_bytes(32)) for _ in range(50)]
        for number, key in enumerate(keys, 500):
            name = ids.device_name(number, secrets.randbits(40))
            session.add(Device(id=name, desk_code=own.desk_code, state="active", created_ms=0))
            session.flush()
            session.add(Epoch(device_id=name, epoch=1, vk=key.public, certificate=b"", certificate_signature="",
                              issued_ms=t, genesis="", last_h=""))  # fmt: skip
    with centre.database.read() as session:
        prover = slip_proof.SlipProver(centre.keys)
        assert prover.prove(session, token, t).slip == paper
        for place, sign in enumerate(token):
            for step in (1, 7, 16):
                other = ALPHABET[(ALPHABET.index(sign) + step) % 32]
                with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown"):
                    prover.prove(session, token[:place] + other + token[place + 1 :], t)
        for number, key in enumerate(keys, 500):
            theirs = slip.mint(paper, key, centre.keys.public)  # in our name, with their key
            ours = slip.mint(
                replace(paper, device=number), read_or_make_key(desk.settings.key_file), centre.keys.public
            )
            for forged in (theirs, ours):
                with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown"):
                    prover.prove(session, forged, t)
            own_slip = slip.mint(replace(paper, device=number), key, centre.keys.public)
            assert prover.prove(session, own_slip, t).slip.device == number


def test_no_replay_helps(tmp_path: Path, store_url: str) -> None:
    """A slip that was used stays used: after a restart of the centre, through a code, at a second centre that knows the
    same device and key, on both databases."""
    with pair_centre_and_desk(tmp_path / "one", store_url) as (centre, desk):
        token = mint_slip(desk)
        first = Phone(centre)
        id = response_id_of(first.send(first.tap(token, 2)).request.full_path)
        before = count_stored(centre)
        centre.app.extensions["database"].close()
        centre.app = admin.create_app(centre.settings)  # restarted
        centre.app.extensions["clock"] = centre.now
        for _round in range(2):
            check_error_page(Phone(centre).get(f"/r/{token}"), "HL-409")
            check_error_page(Phone(centre).post(f"/r/{token}", id=new_id(0), seal="0" * 32, score=5), "HL-409")
            check_error_page(Phone(centre).get(f"/R/{token.lower()}"), "HL-409")
        desk.app.extensions["database"].close()
        desk.app = kiosk.create_app(desk.settings)  # and the desk
        desk.database = desk.app.extensions["database"]
        assert slip.parse(mint_slip(desk))[0].serial == slip.parse(token)[0].serial + 1
        assert {name: n - before[name] for name, n in count_stored(centre).items() if n != before[name]} == {}
        with centre.database.read() as session:
            row = session.scalars(select(SpentSlip)).one()
            epoch = session.get_one(Epoch, (row.device_id, row.epoch))
            device = session.get_one(Device, row.device_id)
            assert row.response_id == id
        other = Centre(tmp_path / "two")
        with other.database.write() as session:
            session.add(Device(id=device.id, desk_code=device.desk_code, state="active", created_ms=0))
            session.flush()
            columns = {column.name: getattr(epoch, column.name) for column in Epoch.__table__.columns}
            session.add(Epoch(**columns))
        check_error_page(Phone(other).get(f"/r/{token}"), "HL-404")
        fresh = mint_slip(desk)
        check_error_page(Phone(other).post(f"/r/{fresh}", score=5), "HL-404")  # one that was never used, either
        assert count_stored(other)["SpentSlip"] == 0
        own = slip.mint(slip.parse(fresh)[0], read_or_make_key(desk.settings.key_file), other.keys.public)
        assert Phone(other).get(f"/r/{own}").status_code == 200  # it is the centre's key that told them apart
        other.close()
        assert Phone(centre).get(f"/r/{fresh}").status_code == 200


def test_whoever_holds_no_slip_is_told_the_same_whatever_is_behind_it(scene: tuple[Centre, Desk]) -> None:
    """Unknown, mistyped, another key, another centre, an unknown or a revoked device, a serial that was used or never
    made: byte for byte one page, so that no guess learns anything. An address that is too short says so, whatever it
    would have led to."""
    centre, desk = scene
    used, token = mint_slip(desk), mint_slip(desk)
    Phone(centre).tap(used, 3)
    paper, _signature = slip.parse(token)
    own, stranger = read_or_make_key(desk.settings.key_file), SigningKey(secrets.token_bytes(32))
    us, them = centre.keys.public, stranger.public

    def guesses() -> dict[str, str]:
        return {
            "made up": "A" * 152, "mistyped": change_character(token, 60),
            "used, mistyped": change_character(used, 149),
            "used, another key": slip.mint(slip.parse(used)[0], stranger, us),
            "another key": slip.mint(paper, stranger, us), "another centre": slip.mint(paper, own, them),
            "no such device": slip.mint(replace(paper, device=4321), own, us),
            "no such epoch": slip.mint(replace(paper, epoch=7), own, us),
            "the centre's own": slip.mint(replace(paper, device=0), own, us),
            "expired, another key": slip.mint(replace(paper, minute=1), stranger, us),
        }  # fmt: skip

    def cut() -> list[str]:
        return [one[:-2] for one in (token, used, mint_slip(desk), *guesses().values())]

    def pages(texts: Collection[str], query: str = "") -> set[str]:
        found = set()
        for text in texts:
            for answer in (Phone(centre).get(f"/r/{text}{query}"), Phone(centre).post(f"/r/{text}{query}", score=5)):
                headers = {name: value for name, value in answer.headers if name not in ("Content-Length", "Date")}
                said = PAGE.sub("", answer.text.replace(text, "*"))
                found.add(f"{answer.status_code} {json.dumps(headers, sort_keys=True)} {said}")
        return found

    before = count_stored(centre)
    (page,), (short,) = pages(guesses().values()), pages(cut())
    for one in (page, short):
        assert one.startswith("404 ") and "Set-Cookie" not in one and "Yên Mô" not in one
    assert len(pages(guesses().values(), "?lang=en")) == len(pages(cut(), "?lang=en")) == 1
    with centre.database.write() as session:
        session.get_one(Device, desk.name).state = "revoked"
    try:
        assert pages(guesses().values()) == {page} and pages(cut()) == {short}
        told = {
            check_error_page(Phone(centre).get(f"/r/{one}"), "HL-410").replace(one, "*")
            for one in (token, mint_slip(desk))
        }
        assert len(told) == 1  # who holds a genuine slip is told, and nothing of its use
    finally:
        with centre.database.write() as session:
            session.get_one(Device, desk.name).state = "active"
    assert count_stored(centre) == before


def test_typed_codes_tell_a_guesser_nothing_either(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    paper, _signature = slip.parse(mint_slip(desk))
    with centre.database.write() as session:
        session.get_one(Device, desk.name).state = "revoked"
    guessed = [
        slip_typed_code.make_typed_code(device, epoch, serial, bytes(32))
        for device, epoch, serial in ((paper.device, 1, paper.serial), (paper.device, 1, 99_999), (4321, 1, 1),
                                      (paper.device, 3, 1), (0, 1, 1))
    ]  # fmt: skip

    def told(code: str) -> str:
        return PAGE.sub("", check_error_page(Phone(centre).post("/m", code=code), "HL-404")).replace(code, "*")

    said = {told(code) for code in guessed}
    with centre.database.write() as session:
        session.get_one(Device, desk.name).state = "active"
    assert said == {told(slip_typed_code.make_typed_code(paper.device, 1, 5, bytes(32)))}


def test_what_is_refused_is_counted_by_day_and_kind_alone(scene: tuple[Centre, Desk]) -> None:
    """A thousand wrong addresses are one row a day: nothing that can be filled from outside."""
    from models.tables.device import Refusal

    centre, _desk = scene
    jobs.store_noted_activity(centre.app)  # what others were refused before
    with centre.database.write() as session:
        for row in session.scalars(select(Refusal)):
            session.delete(row)
    for number in range(25):
        Phone(centre).get(f"/r/{number:0152d}")
        Phone(centre).get(f"/c/{number:012d}")
    with centre.database.read() as session:
        assert session.scalars(select(Refusal)).all() == []  # a page that is looked at writes nothing
    jobs.store_noted_activity(centre.app)
    jobs.store_noted_activity(centre.app)
    with centre.database.read() as session:
        rows = session.scalars(select(Refusal)).all()
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counted[row.device, row.code] += row.n
    assert counted == {("phone", "code_unknown"): 25, ("phone", "slip_unknown"): 25}
    assert len(rows) <= 2 * 2  # midnight may have passed


def test_the_desk_s_clock_may_be_wrong_and_its_slips_still_count_once(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    now = desk.now()
    with desk.database.write() as session:
        made = minting.mint_slip(
            session,
            read_or_make_key(desk.settings.key_file),
            Moment(now.t + 3 * 3_600_000, now.mono),
            stage=Stage.RESULT,
        )
    phone = Phone(centre)
    phone.send(phone.tap(made.token, 4))
    check_error_page(Phone(centre).get(f"/r/{made.token}"), "HL-409")
