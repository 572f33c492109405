"""The typed code under a printed QR: the same slip, made without a network, numbered over restarts.

It is for whoever cannot scan.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from kiosk import create_app
from kiosk.desk import reference, state
from kiosk.settings import Settings
from kiosk.slips import minting
from models.clock import Moment
from models.keys import SigningKey, read_or_make_key
from models.protocol import slip, slip_typed_code
from models.vocabulary import Stage
from tests.fixtures.paired_desk import change_reference, make_paired_app, make_reference_document

NOW = Moment(1_790_000_000_000, 1_000)
KEY = "5c" * 32
MANY = 600


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = make_paired_app(tmp_path_factory.mktemp("codes"))
    yield made
    made.extensions["database"].close()


def mint(app: Flask, count: int = 1) -> list[minting.PrintableSlip]:
    key = read_or_make_key(app.extensions["settings"].key_file)
    with app.extensions["database"].write() as session:
        return [minting.mint_slip(session, key, NOW, stage=Stage.SUBMISSION, due_days=3) for _ in range(count)]


def keys(app: Flask, **typed: str) -> None:
    change_reference(
        app, lambda value: value.update(typed_keys={epoch.removeprefix("e"): key for epoch, key in typed.items()})
    )


def test_without_a_key_there_is_no_code_and_another_epochs_key_makes_none(app: Flask) -> None:
    assert mint(app)[0].code is None
    keys(app, e2=KEY)
    assert mint(app)[0].code is None


def test_the_code_names_the_same_slip_as_the_qr(app: Flask) -> None:
    keys(app, e1=KEY)
    (made,) = mint(app)
    assert made.code is not None and made.typed_at == "danhgia.example/m" and made.host == "danhgia.example"
    typed = slip_typed_code.parse(made.code)
    paper, _signature = slip.parse(made.token)
    assert typed is not None and slip_typed_code.is_genuine(typed, 1, bytes.fromhex(KEY))
    assert (typed.device, typed.serial) == (paper.device, paper.serial) == (312, made.serial)
    with app.extensions["database"].read() as session:
        assert minting.find_last_slip(session, made.serial) == made


def test_a_serial_too_large_for_a_code_still_gets_its_slip(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(app, e1=KEY)
    monkeypatch.setattr(slip_typed_code, "MAX_SERIAL", 0)
    (made,) = mint(app)
    assert made.code is None and slip.parse(made.token)[0].serial == made.serial


def test_slips_are_numbered_across_restarts_all_different_and_all_genuine(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path)
    keys(app, e1=KEY)
    made = mint(app, MANY // 2)
    app.extensions["database"].close()
    again = create_app(Settings(tmp_path))  # the machine was restarted
    made += mint(again, MANY - MANY // 2)
    with again.extensions["database"].read() as session:
        identity = state.read_state(session).identity
    again.extensions["database"].close()
    assert identity is not None
    assert [one.serial for one in made] == list(range(1, MANY + 1))
    assert len({one.token for one in made}) == len({one.code for one in made}) == MANY
    own, other = read_or_make_key(Settings(tmp_path).key_file), SigningKey(secrets.token_bytes(32))
    for one in made:
        paper, signature = slip.parse(one.token)
        assert paper.serial == one.serial and slip.is_genuine(paper, signature, own.public, identity.centre_key)
    for one in made[:: MANY // 100]:
        paper, signature = slip.parse(one.token)
        assert not slip.is_genuine(paper, signature, other.public, identity.centre_key)
        assert not slip.is_genuine(paper, signature, own.public, other.public)


@pytest.mark.parametrize(
    "change",
    [{"typed_keys": {"1": "5c"}}, {"typed_keys": {"one": KEY}}, {"typed_keys": [KEY]},
     {"dossier_keys": {"2026-11": "x" * 64}}, {"dossier_patterns": ["("]}],
    ids=["short", "epoch", "list", "month", "pattern"],
)  # fmt: skip
def test_reference_data_with_a_damaged_key_are_not_taken(change: dict[str, Any]) -> None:
    value = {**json.loads(make_reference_document()), **change}
    with pytest.raises(reference.BadReference):
        reference.parse_reference(json.dumps(value).encode())


def test_older_reference_data_bring_no_keys() -> None:
    old = reference.parse_reference(make_reference_document())
    assert (old.typed_keys, old.dossier_keys, old.dossier_patterns) == ({}, {}, ())
