"""Messages between the lab's processes."""

import os
from collections.abc import Iterator

import pytest

from kbview.sources.workers.load import Load
from kbview.sources.workers.message import (
    Begin,
    Command,
    Failed,
    Inbox,
    Outbox,
    Ready,
    Stop,
    Tell,
    decode_command,
    decode_report,
)
from kbview.tape.detail import Detail


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("command", [Begin(), Stop(), Tell(Detail.STEPS), Load(rate=7, size=99)])
def test_a_command_comes_out_as_it_went_in(pipe: tuple[int, int], command: Command) -> None:
    inbox, outbox = Inbox(pipe[0]), Outbox(pipe[1])
    assert outbox.post(command)
    assert [decode_command(body) for body in inbox.bodies()] == [command]
    assert not list(inbox.bodies())
    assert not inbox.closed


def test_a_message_in_pieces_waits_until_it_is_whole(pipe: tuple[int, int]) -> None:
    read, write = pipe
    inner_read, inner_write = os.pipe()
    Outbox(inner_write).post(Failed("why", 4))
    whole = os.read(inner_read, 1000)
    os.close(inner_read)
    os.close(inner_write)
    inbox, got = Inbox(read), []
    for at in range(len(whole)):
        os.write(write, whole[at : at + 1])
        got += [decode_report(body) for body in inbox.bodies()]
        assert len(got) == (at == len(whole) - 1)
    assert got == [Failed("why", 4)]


def test_a_reader_that_does_not_read_holds_nobody_up(pipe: tuple[int, int]) -> None:
    """What is posted meanwhile is refused, not queued; what was begun arrives whole."""
    inbox, outbox = Inbox(pipe[0]), Outbox(pipe[1])
    posted = 0
    while outbox.post(Failed("x" * 10_000, 1)):
        posted += 1
        assert posted < 1000
    got: list[bytes] = []
    while True:
        got += inbox.bodies()
        if outbox.flush() and not (more := list(inbox.bodies())):
            break
        got += more if outbox.flush() else []
    assert len(got) == posted
    assert outbox.post(Ready())
    assert [decode_report(body) for body in inbox.bodies()] == [Ready()]


def test_the_other_sides_end_is_noticed_after_its_last_words() -> None:
    read, write = os.pipe()
    inbox = Inbox(read)
    Outbox(write).post(Ready())
    os.close(write)
    assert [decode_report(body) for body in inbox.bodies()] == [Ready()]
    list(inbox.bodies())
    assert inbox.closed
    os.close(read)
