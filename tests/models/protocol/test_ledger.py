"""Entries, chains, certificates: the protocol's own examples, and every single change noticed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.protocol import entry_chain
from models.protocol.entry_chain import BadEntry
from models.protocol.rating import Rating
from models.protocol.rating import parse as parse_rating
from models.vocabulary import Channel, ResponseState, Stage
from tests.fixtures.entry_chains import CERTIFICATE, make_chain


def test_the_bytes_of_an_entry_are_those_of_the_protocol() -> None:
    raw = entry_chain.dump(
        dev="d-0042",
        ep=3,
        seq=1288,
        typ="rating",
        id="0197f0c2" + "0" * 24,
        t=1763712930123,
        mono=8123456,
        boot=17,
        prev="e" * 64,
        p={},
    )
    assert raw == (
        b'{"boot":17,"dev":"d-0042","ep":3,"id":"0197f0c2000000000000000000000000","mono":8123456,"p":{},'
        b'"prev":"' + b"e" * 64 + b'","seq":1288,"t":1763712930123,"typ":"rating","v":1}'
    )
    assert entry_chain.entry_hash(raw) == hashlib.sha256(b"\0" + raw).hexdigest()
    assert entry_chain.parse(raw).seq == 1288


def test_a_certificate_is_canonical_and_begins_the_chain() -> None:
    assert CERTIFICATE.raw == (
        b'{"desk":"Q3","dev":"d-0042","ep":3,"pe_h":"' + b"cd" * 32 + b'","pe_seq":7,"t":1763712930123,"typ":"cert",'
        b'"v":1,"vk":"' + b"ab" * 32 + b'"}'
    )
    assert entry_chain.parse_certificate(CERTIFICATE.raw) == CERTIFICATE
    assert entry_chain.parse(make_chain(1)[0]).prev == CERTIFICATE.genesis


@pytest.mark.parametrize("ep", [0, -1, 256, 2**31])
def test_a_name_has_255_epochs(ep: int) -> None:
    entry_chain.make_certificate(dev="d-0042-k3v7q2mn", ep=255, vk="ab" * 32, desk="Q3", t=1)
    with pytest.raises(entry_chain.BadEntry):
        entry_chain.make_certificate(dev="d-0042-k3v7q2mn", ep=ep, vk="ab" * 32, desk="Q3", t=1)
    with pytest.raises(entry_chain.BadEntry):
        entry_chain.parse_certificate(CERTIFICATE.raw.replace(b'"ep":3', b'"ep":%d' % ep))


@pytest.mark.parametrize("dev", [b'""', b"7", b'"D-0042"', b'"../../d-0042"', b'"' + b"d" * 25 + b'"', b"null"])
def test_a_certificate_names_a_device(dev: bytes) -> None:
    with pytest.raises(entry_chain.BadEntry):
        entry_chain.parse_certificate(CERTIFICATE.raw.replace(b'"d-0042"', dev))


def test_a_run_is_chained_to_its_head() -> None:
    lines = make_chain(5)
    entries, head = entry_chain.check_run(lines, dev="d-0042", ep=3, start=1, prev=CERTIFICATE.genesis)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert head == entry_chain.entry_hash(lines[-1])


@pytest.mark.parametrize("harm", ["drop", "swap", "repeat", "other device", "other epoch", "shifted"])
def test_a_run_that_does_not_follow_is_refused(harm: str) -> None:
    lines, dev, ep, start = make_chain(5), "d-0042", 3, 1
    match harm:
        case "drop":
            del lines[2]
        case "swap":
            lines[1], lines[2] = lines[2], lines[1]
        case "repeat":
            lines.insert(1, lines[1])
        case "other device":
            dev = "d-0043"
        case "other epoch":
            ep = 4
        case "shifted":
            start = 2
    with pytest.raises(BadEntry):
        entry_chain.check_run(lines, dev=dev, ep=ep, start=start, prev=CERTIFICATE.genesis)


@settings(max_examples=200)
@given(st.data())
def test_any_changed_byte_is_named_at_its_own_entry(data: st.DataObject) -> None:
    lines = make_chain(6)
    stored = [(seq, raw, entry_chain.entry_hash(raw)) for seq, raw in enumerate(lines, 1)]
    signed = {4: stored[3][2], 6: stored[5][2]}
    assert entry_chain.find_bad_links(stored, CERTIFICATE.genesis, signed) == []
    victim = data.draw(st.integers(0, 5))
    place = data.draw(st.integers(0, len(lines[victim]) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda b: b != lines[victim][place]))
    raw = lines[victim][:place] + bytes([value]) + lines[victim][place + 1 :]
    stored[victim] = (victim + 1, raw, stored[victim][2])
    assert entry_chain.find_bad_links(stored, CERTIFICATE.genesis, signed)[0] == victim + 1


def test_a_rewritten_chain_is_caught_by_the_signed_head() -> None:
    """An attacker who owns the store alters an entry and recomputes every hash after it."""
    lines = make_chain(6)
    signed = {6: entry_chain.entry_hash(lines[-1])}
    prev = CERTIFICATE.genesis
    stored = []
    for seq, raw in enumerate(lines, 1):
        entry = entry_chain.parse(raw)
        p = {"answers": [["overall", 5]]} if seq == 3 else entry.p
        raw = entry_chain.dump(
            dev=entry.dev,
            ep=entry.ep,
            seq=seq,
            typ=entry.typ,
            id=entry.id,
            t=entry.t,
            mono=entry.mono,
            boot=entry.boot,
            prev=prev,
            p=p,
        )
        prev = entry_chain.entry_hash(raw)
        stored.append((seq, raw, prev))
    assert entry_chain.find_bad_links(stored, CERTIFICATE.genesis, signed) != []


def test_a_ledger_that_does_not_begin_at_its_certificate_is_bad_from_its_first_entry() -> None:
    stored = [(seq, raw, entry_chain.entry_hash(raw)) for seq, raw in enumerate(make_chain(3), 1)]
    signed = {3: stored[-1][2]}
    assert entry_chain.find_bad_links(stored, CERTIFICATE.genesis, signed) == []
    assert entry_chain.find_bad_links(stored, "f" * 64, signed) == [1]
    assert (
        entry_chain.find_bad_links(stored[1:], "f" * 64, signed) == []
    )  # where the ledger begins is not asked of a part


@pytest.mark.parametrize("raw", [b"no entry", b"\xff", b"{}", b"[]"])
def test_bytes_that_are_no_entry_are_named_although_their_hash_is_right(raw: bytes) -> None:
    hash = entry_chain.entry_hash(raw)
    assert entry_chain.find_bad_links([(1, raw, hash)], CERTIFICATE.genesis, {1: hash}) == [1]


def test_a_rating_goes_into_its_payload_and_back() -> None:
    rating = Rating(
        agency="NB-1",
        desk="Q1",
        instrument="short",
        version=1,
        channel=Channel.KIOSK,
        state=ResponseState.COMPLETE,
        lang="vi",
        answers={"overall": 4, "A": 0},
        topics=("wait",),
        stage=Stage.RESULT,
        procedure="1.001193",
        undos=1,
        ms={"faces": 1200},
        commitments={"c": "ab" * 32},
    )
    payload = rating.payload()
    raw = entry_chain.dump(
        dev="d-0042", ep=1, seq=1, typ="rating", id="x", t=1, mono=1, boot=1, prev=CERTIFICATE.genesis, p=payload
    )
    again = parse_rating(entry_chain.parse(raw).p)
    assert (again.answers, again.topics, again.stage, again.commitments) == (
        rating.answers,
        rating.topics,
        rating.stage,
        rating.commitments,
    )
    assert not {"officer", "name", "text", "slip"} & payload.keys()
