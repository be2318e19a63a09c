"""The messages between presenter and followers, and their frames on the socket.

A frame is the length of the message in four bytes, big-endian, and the message in MessagePack.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

MOST_DOWN = 1 << 20  # bytes of a message to a follower: a screen of 300 x 100 cells fits
MOST_UP = 512  # bytes of an answer
LONGEST_TEXT = 64  # characters of an answer or a name
_HEAD = 4


class MessageError(Exception):
    """Bytes that are no message of this side's."""


class Picture(msgspec.Struct, frozen=True, tag="picture", array_like=True):
    """Rows of the presenter's screen by number, as text with colours; `whole`: all of them."""

    width: int
    height: int
    whole: bool
    rows: dict[int, str]


class ClassMoment(msgspec.Struct, frozen=True, tag="moment", array_like=True):
    """The place of the presenter's moment: a tape file of the room, and the time on it."""

    tape: str
    time_ps: int


class OpenQuestion(msgspec.Struct, frozen=True, tag="asked", array_like=True):
    """A question is open. `choices` is their number; 0 asks for a number in `unit`."""

    number: int
    choices: int
    unit: str


class Decided(msgspec.Struct, frozen=True, tag="decided", array_like=True):
    """The question with this number is closed."""

    number: int


class Pulse(msgspec.Struct, frozen=True, tag="pulse", array_like=True):
    """The presenter is there."""


class Farewell(msgspec.Struct, frozen=True, tag="farewell", array_like=True):
    """The presenter has ended the class."""

    sentence: str


class Answer(msgspec.Struct, frozen=True, tag="answer", array_like=True):
    """A follower's answer: the number of a choice or a number as text. `name` is "" unless given."""

    number: int
    text: str
    name: str = ""


Down = Picture | ClassMoment | OpenQuestion | Decided | Pulse | Farewell
Received = TypeVar("Received")
DOWN: msgspec.msgpack.Decoder[Down] = msgspec.msgpack.Decoder(Down)
UP: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_ENCODER = msgspec.msgpack.Encoder()


def framed(message: Down | Answer) -> bytes:
    """The bytes of a message on the socket."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(_HEAD, "big") + body


class MessageInbox(Generic[Received]):
    """Takes bytes as they come and gives whole messages. `most` bounds the bytes of each."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[Received], most: int) -> None:
        self._decoder = decoder
        self._most = most
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[Received]:
        """The messages that are complete now. Errors: MessageError, after which nothing can be read."""
        self._bytes += data
        while len(self._bytes) >= _HEAD:
            length = int.from_bytes(self._bytes[:_HEAD], "big")
            if length > self._most:
                raise MessageError(f"a message of {length} bytes; at most {self._most} are taken")
            if len(self._bytes) < _HEAD + length:
                return
            body = bytes(self._bytes[_HEAD : _HEAD + length])
            self._bytes = self._bytes[_HEAD + length :]
            try:
                yield self._decoder.decode(body)
            except (msgspec.DecodeError, UnicodeError) as error:
                raise MessageError(f"no message: {error}") from None
