"""The header: what a tape is of, and what can be known from it."""

import msgspec

from kbview.tape.detail import Detail
from kbview.tape.kbt.block import BlockKind, Head, TapeDamagedError, pack
from kbview.tape.kbt.schema import SCHEMA
from kbview.tape.source import Capabilities, Heading


class Header(msgspec.Struct, frozen=True):
    """`heading` and `capabilities` are the source's; `snap` bytes are kept of each frame, 0 for none.

    `program` is the kbview that wrote it. There is no time of day: the same run gives the same tape.
    """

    heading: Heading
    capabilities: Capabilities
    detail: Detail = Detail.STEPS
    snap: int = 0
    program: str = ""
    schema: int = SCHEMA


_ENCODER = msgspec.msgpack.Encoder(order="sorted")  # sets have no order of their own
_DECODER = msgspec.msgpack.Decoder(Header)


def encode(header: Header) -> bytes:
    """What a tape begins with: the header's block, twice."""
    return 2 * pack(BlockKind.HEADER, _ENCODER.encode(header))


def decode(found: Head, data: bytes) -> Header:
    """The header of a block; TapeDamagedError if it is not as it was written."""
    try:
        return _DECODER.decode(found.front(data))
    except msgspec.MsgspecError as error:
        raise TapeDamagedError(f"its header is not one that this version can read: {error}") from error
