"""A follower shows the presenter's rows and nothing that would act on its terminal."""

import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from kbview.classroom.follower import Follower, Terminal
from kbview.classroom.message import (
    UP,
    Answer,
    ClassMoment,
    Decided,
    Down,
    Farewell,
    MessageInbox,
    OpenQuestion,
    Picture,
    framed,
)


class Desk(NamedTuple):
    """A follower with the presenter's end of its connection, and the bytes that it wrote."""

    follower: Follower
    presenter: socket.socket
    written: list[bytes]
    visits: list[ClassMoment]

    def say(self, *messages: Down) -> str:
        """Send messages; the text that the follower writes on them."""
        self.presenter.sendall(b"".join(map(framed, messages)))
        self.written.clear()
        self.follower.receive()
        return b"".join(self.written).decode()


@pytest.fixture
def desk() -> Iterator[Desk]:
    near, far = socket.socketpair()
    written: list[bytes] = []
    visits: list[ClassMoment] = []
    with near, far:
        follower = Follower(near, Terminal(written.append, lambda: (80, 24)), visits.append, "Asha")
        yield Desk(follower, far, written, visits)


def test_rows_are_drawn_where_they_stand_and_the_last_row_is_the_followers(desk: Desk) -> None:
    told = desk.say(
        Picture(80, 24, whole=True, rows={0: "first", 22: "\x1b[31mred\x1b[0m", 23: "keys"})
    )
    assert "\x1b[1;1Hfirst" in told
    assert "\x1b[23;1H\x1b[31mred\x1b[0m" in told
    assert "keys" not in told
    assert "following" in told


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;title\x07", "\x1b[2J", "\x1b[6n", "\x9b31m", "\x1bP1$r\x1b\\"]
)
def test_a_row_cannot_act_on_the_terminal(desk: Desk, hostile: str) -> None:
    told = desk.say(Picture(80, 24, whole=True, rows={3: f"a{hostile}b"}))
    row = told.partition("\x1b[4;1H")[2].partition("\x1b[0m")[0]
    assert "\x1b" not in row
    assert "\x9b" not in row
    assert "\x07" not in row


def test_rows_outside_the_picture_are_left_out(desk: Desk) -> None:
    assert "outside" not in desk.say(Picture(80, 24, whole=True, rows={24: "outside", -1: "outside"}))


def test_a_choice_is_sent_by_its_digit_and_others_are_not(desk: Desk) -> None:
    assert "your prediction: 1 to 2" in desk.say(OpenQuestion(4, 2, ""))
    desk.follower.press("3")
    desk.follower.press("2")
    desk.presenter.settimeout(30)
    heard = list(MessageInbox[Answer](UP, 512).feed(desk.presenter.recv(4096)))
    assert heard == [Answer(4, "2", "Asha")]
    assert b"(yours: 2)" in b"".join(desk.written)


def test_a_number_is_typed_and_sent_by_enter(desk: Desk) -> None:
    desk.say(OpenQuestion(4, 0, "ns"))
    desk.follower.press("18x50\x7f\r")
    desk.presenter.settimeout(30)
    heard = list(MessageInbox[Answer](UP, 512).feed(desk.presenter.recv(4096)))
    assert heard == [Answer(4, "185", "Asha")]


def test_nothing_is_sent_without_a_question(desk: Desk) -> None:
    desk.say(OpenQuestion(4, 2, ""), Decided(4))
    desk.follower.press("1")
    desk.presenter.setblocking(False)
    with pytest.raises(BlockingIOError):
        desk.presenter.recv(1)


def test_a_key_opens_the_tape_at_the_presenters_moment(desk: Desk) -> None:
    desk.follower.press("a")
    desk.say(Picture(80, 24, whole=True, rows={0: "first"}), ClassMoment("tape-2.kbt", 7))
    desk.written.clear()
    desk.follower.press("a")
    assert desk.visits == [ClassMoment("tape-2.kbt", 7)]
    assert b"first" in b"".join(desk.written)


def test_a_screen_that_is_too_small_is_said(desk: Desk) -> None:
    told = desk.say(Picture(100, 30, whole=True, rows={0: "wide"}))
    assert "presenter 100x30, here 80x24: cut    a alone  q leave" in told


@pytest.mark.parametrize("data", [b"", b"\xff" * 8, framed(Farewell("over"))[:-1]])
def test_a_lost_presenter_is_a_sentence(desk: Desk, data: bytes) -> None:
    desk.presenter.sendall(data)
    desk.presenter.shutdown(socket.SHUT_WR)
    for _ in range(3):
        if not desk.follower.ended:
            desk.follower.receive()
    assert desk.follower.ended == "The connection to the presenter was lost."
    assert desk.follower.lost


def test_the_presenters_end_is_its_sentence(desk: Desk) -> None:
    desk.say(Farewell("The class is over.\x1b[2J"))
    assert desk.follower.ended == "The class is over.[2J"
    assert not desk.follower.lost
