"""Vocabularies are closed; words of other versions and reasons of other kernels are still read."""

import ast
from pathlib import Path

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.tape import events as ev
from kbview.tape.meter import Sample
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import (
    RENAMED,
    CopyKind,
    DropReason,
    Place,
    RingKind,
    Vocabulary,
    drop_key,
    reason_of,
)
from tests.tape.small import opened, written

_ALL: tuple[type[Vocabulary], ...] = (CopyKind, RingKind, Place)
VOCABULARIES = {kind.__name__: kind for kind in _ALL}
LINK_TYPES = {"IEEE802_15_4_NOFCS", "IEEE802_15_4_WITHFCS"}  # end like a fault
PACKET = Path(__file__).parents[2] / "kbview" / "packet"


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_word_of_a_later_version_is_read_as_other(name: str) -> None:
    assert VOCABULARIES[name]("quantum leap") is VOCABULARIES[name]("other")


@pytest.mark.parametrize("name", RENAMED)
def test_a_word_of_an_older_version_is_read_as_todays(name: str) -> None:
    for old, new in RENAMED[name].items():
        assert VOCABULARIES[name](old).value == new != "other"


def test_a_reason_of_a_newer_kernel_stays_as_it_is() -> None:
    assert reason_of("SOCKET_RCVBUFF") is DropReason.SOCKET_RCVBUFF
    assert reason_of("PSP_INPUT") == "PSP_INPUT"


@pytest.mark.parametrize("text", ["", "two words", "\x1b[31m", "A" * 65, "FCS\n", "where/REASON"])
def test_a_reason_that_is_no_plain_word_is_not_specified(text: str) -> None:
    assert reason_of(text) is DropReason.NOT_SPECIFIED


def test_a_tape_with_a_reason_that_is_no_plain_word_tells_of_an_unknown_event() -> None:
    bad = ev.PacketDropped(5, 0, 1, Place.IP, "\x1b[2J", 64)
    assert list(opened(written([bad], 10)).read(0)) == [ev.EventUnknown(5, "PacketDropped")]


def test_faults_that_the_parser_finds_are_drop_reasons() -> None:
    found = set()
    for path in PACKET.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if node.value.endswith(("_CSUM", "_INHDR", "FCS")) else set()
    assert {"FCS", "IP_CSUM", "UDP_CSUM", "IP_INHDR"} <= found - LINK_TYPES <= set(DropReason)


def test_the_same_ring_has_one_name_in_the_lab_and_in_the_emulator() -> None:
    path = recording("lab.kbt")
    assert path is not None
    source = resolve(path, Choice())
    tape = source.tape or Tape()
    kinds, told = set(), set()
    for record in tape.read(0):
        if isinstance(record, Sample):
            kinds |= {ring.kind for ring in record.meters.rings}
        elif isinstance(record, ev.RingProduced):
            told.add(record.ring)
    source.close()
    assert kinds == {RingKind.BLOCK, RingKind.FILL, RingKind.XSK_RX}
    assert told == {RingKind.FILL, RingKind.XSK_RX}


def test_a_drop_is_counted_by_layer_and_reason() -> None:
    assert drop_key(Place.SOCKET, DropReason.SOCKET_RCVBUFF) == "socket/SOCKET_RCVBUFF"
