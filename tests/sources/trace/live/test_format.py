"""`format` files say where fields are; decoders take them out of records, whatever is in them."""

import struct

import pytest

from kbview.sources.trace.live import format as formats
from kbview.sources.trace.live.decoder import RecordDecoder
from kbview.sources.trace.live.format import FieldKind, Format
from tests.sources.trace.live.pages import KFREE_SKB, NAPI_POLL, SCHED_WAKING, common


def parsed(text: str) -> Format:
    found = formats.parse(text)
    assert found is not None
    return found


def decode(text: str, wanted: tuple[str, ...], record: bytes, named: tuple[str, ...] = ()) -> object:
    return RecordDecoder("it", parsed(text), wanted, named).decode(record, 0, len(record))


def test_fields_kinds_and_names_of_values() -> None:
    layout = parsed(KFREE_SKB)
    assert (layout.number, layout.name) == (2310, "kfree_skb")
    assert layout.fields["common_pid"].signed
    assert layout.fields["location"].offset == 16
    assert layout.symbols == {"reason": {2: "NOT_SPECIFIED", 3: "NO_SOCKET", 6: "SOCKET_RCVBUFF"}}
    waking = parsed(SCHED_WAKING).fields
    assert (waking["comm"].kind, waking["saddr"].kind) == (FieldKind.TEXT, FieldKind.BYTES)
    assert parsed(NAPI_POLL).fields["dev_name"].kind is FieldKind.DYNAMIC


@pytest.mark.parametrize(
    "text", ["", "name: x\n", "ID: 5\n", "name: x\nID: many\n", "name: x\nID: 99999\n"]
)
def test_what_is_no_format_is_none(text: str) -> None:
    assert formats.parse(text) is None


def test_values_in_the_order_wanted_with_their_names_and_none_for_what_is_not_there() -> None:
    record = common(2310) + struct.pack("=QQQHxxI", 0xABC, 0xDEF, 0x123, 0x800, 6)
    wanted = ("reason", "skbaddr", "not_in_this_kernel", "location")
    assert decode(KFREE_SKB, wanted, record, ("reason",)) == ("SOCKET_RCVBUFF", 0xABC, None, 0xDEF)
    assert decode(KFREE_SKB, ("skbaddr", "reason"), record) == (0xABC, 6)


def test_a_number_without_a_name_stays_a_number_in_text() -> None:
    record = common(2310) + struct.pack("=QQQHxxI", 1, 2, 3, 0x800, 99)
    assert decode(KFREE_SKB, ("reason",), record, ("reason",)) == ("99",)


def test_texts_in_place_and_at_the_record_s_end() -> None:
    polled = common(2291) + struct.pack("=QIiixxxx", 5, 32 | 5 << 16, 12, 64) + b"eth0\0"
    assert decode(NAPI_POLL, ("dev_name", "work", "budget"), polled) == ("eth0", 12, 64)
    waking = common(375) + b"python\0garbage!!" + struct.pack("=i4s", -1, b"\x7f\0\0\1")
    assert decode(SCHED_WAKING, ("comm", "pid", "saddr"), waking) == ("python", -1, b"\x7f\0\0\1")


def test_a_text_that_claims_to_stand_elsewhere_is_cut_to_the_record() -> None:
    record = common(2291) + struct.pack("=QIii", 5, 4000 | 200 << 16, 1, 64)
    assert decode(NAPI_POLL, ("dev_name",), record) == ("",)
    record = common(2291) + struct.pack("=QIii", 5, 20 | 60000 << 16, 1, 64)
    assert decode(NAPI_POLL, ("dev_name",), record) == ("\1",)


def test_a_record_shorter_than_its_format_is_none() -> None:
    assert decode(KFREE_SKB, ("skbaddr",), common(2310)) is None
