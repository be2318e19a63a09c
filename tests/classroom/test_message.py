"""Messages come whole however their bytes arrive, and nothing else is taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.classroom.message import (
    DOWN,
    MOST_DOWN,
    MOST_UP,
    UP,
    Answer,
    ClassMoment,
    Decided,
    Down,
    Farewell,
    MessageError,
    MessageInbox,
    OpenQuestion,
    Picture,
    Pulse,
    framed,
)

EVERY: list[Down] = [
    Picture(80, 24, whole=True, rows={0: "a row", 23: "\x1b[1mlast\x1b[0m"}),
    ClassMoment("tape-1.kbt", 12_000_000),
    OpenQuestion(3, 2, ""),
    OpenQuestion(4, 0, "ns"),
    Decided(3),
    Pulse(),
    Farewell("over"),
]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=60))
def test_messages_come_whole_in_any_pieces(sizes: list[int]) -> None:
    data = b"".join(map(framed, EVERY))
    inbox = MessageInbox[Down](DOWN, MOST_DOWN)
    heard: list[Down] = []
    while data:
        for size in sizes:
            heard += inbox.feed(data[:size])
            data = data[size:]
    assert heard == EVERY


@given(st.binary(min_size=4, max_size=600))
@settings(max_examples=300)
def test_a_followers_bytes_are_answers_or_a_fault(data: bytes) -> None:
    inbox = MessageInbox[Answer](UP, MOST_UP)
    try:
        heard = list(inbox.feed(data))
    except MessageError:
        return
    assert all(isinstance(one, Answer) for one in heard)


def test_a_long_message_is_refused_before_it_is_read() -> None:
    inbox = MessageInbox[Answer](UP, MOST_UP)
    with pytest.raises(MessageError, match="at most 512"):
        list(inbox.feed((MOST_UP + 1).to_bytes(4, "big")))


def test_a_presenters_message_is_no_answer() -> None:
    with pytest.raises(MessageError):
        list(MessageInbox[Answer](UP, MOST_UP).feed(framed(Farewell("over"))))
