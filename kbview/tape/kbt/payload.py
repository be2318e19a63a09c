"""A chunk as a block, and back. Samples stand in its front, to be had without the rest."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import attrgetter

import msgspec

from kbview.tape.chunk import Chunk, Starts, chunk_of
from kbview.tape.events import DatapathStarted, Event
from kbview.tape.kbt import columns, groups
from kbview.tape.kbt.block import HEAD_LENGTH, BlockKind, Head, TapeDamagedError, head
from kbview.tape.kbt.block import pack as pack_block
from kbview.tape.kbt.draft import Draft
from kbview.tape.kbt.groups import Groups
from kbview.tape.kbt.whole import differences
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample
from kbview.tape.track import Track

_TIME = attrgetter("time_ps")


class Front(msgspec.Struct):
    """The key frame; the samples' places among the records and their times; and the samples.

    Places and times are kept as differences, key frame and samples compressed: whoever wants one of
    them need not unpack all.
    """

    key: bytes
    places: list[int]
    times: list[int]
    groups: list[bytes]


_ENCODER = msgspec.msgpack.Encoder()
_FRONT = msgspec.msgpack.Decoder(Front)
_BACK = msgspec.msgpack.Decoder(columns.Columns)
_KEY = msgspec.msgpack.Decoder(KeyFrame)


def encode(chunk: Chunk) -> bytes:
    """The block of a chunk that has records."""
    draft, taken = Draft(chunk.first, chunk.key), 0
    for position in chunk.samples:
        place = position - chunk.first
        draft.extend(chunk.records[taken:place])
        draft.append(chunk.records[place])
        taken = place + 1
    draft.extend(chunk.records[taken:])
    return encode_draft(draft)


def encode_draft(draft: Draft) -> bytes:
    """The block of a draft that has records."""
    front = encode_front(draft.key, draft.places, draft.samples)
    return pack_block(BlockKind.CHUNK, front, draft.columns(), draft.extent, front_level=0)


def encode_front(key: KeyFrame, places: Sequence[int], samples: Sequence[Sample]) -> bytes:
    """The front of a block; `places` are the numbers of the samples among the records."""
    whole = _ENCODER.encode(key)
    front = Front(
        groups.deflated(whole),
        differences(places),
        differences([sample.time_ps for sample in samples]),
        groups.pack(samples, whole),
    )
    return _ENCODER.encode(front)


def decode(block: bytes, schema: int, first: int | None = None) -> Chunk:
    """The chunk of a block, to be at position `first` if it is not where its head says.

    Errors: TapeDamagedError if it is not as it was written.
    """
    return restored(block, lambda back: columns.unpack(_BACK.decode(back), schema), first)


def restored(
    block: bytes, events_of: Callable[[bytes], list[Event]], first: int | None = None
) -> Chunk:
    """The chunk of a block, as `decode`; `events_of` gives the events of the block's back."""
    found = _head(block)
    try:
        front = _FRONT.decode(found.front(block))
        events = events_of(found.back(block))
        key = groups.inflated(front.key)
        samples = groups.unpack(front.groups, key)
        records = _together(list(accumulate(front.places)), samples, events)
        chunk = chunk_of(found.first if first is None else first, _KEY.decode(key), records)
        as_said = found.extent._replace(first=chunk.first)
        if not chunk.records or not _in_order(chunk.records) or chunk.extent != as_said:
            raise TapeDamagedError("a chunk is not what its head says")
    except (msgspec.MsgspecError, ValueError, OverflowError) as error:
        raise TapeDamagedError(f"a chunk makes no sense: {error}") from error
    return chunk


def decode_track(block: bytes, first: int) -> Track:
    """The samples of the chunk at position `first`; of its block the front is enough.

    Errors: TapeDamagedError as above, also when a sample is asked for.
    """
    try:
        front = _FRONT.decode(_head(block).front(block))
    except msgspec.MsgspecError as error:
        raise TapeDamagedError(f"the samples of a chunk make no sense: {error}") from error
    positions = [first + place for place in accumulate(front.places)]
    times = list(accumulate(front.times))
    if len(positions) != len(times):
        raise TapeDamagedError("the samples of a chunk are not all there")
    restored = Groups(front.groups, front.key)
    return Track(positions, times, restored.sample, restored.key)


def decode_starts(block: bytes, schema: int, first: int) -> Starts:
    """The records of the chunk at position `first` at which a datapath begins; no others are restored.

    Errors: TapeDamagedError as above.
    """
    found = _head(block)
    try:
        back = _BACK.decode(found.back(block))
        starts = columns.unpack_only(back, DatapathStarted, schema)
        samples = list(accumulate(_FRONT.decode(found.front(block)).places)) if starts else []
    except (msgspec.MsgspecError, ValueError, OverflowError) as error:
        raise TapeDamagedError(f"a chunk makes no sense: {error}") from error
    return [(first + _among(samples, number), started) for number, started in starts]


def front_length(block: bytes) -> int:
    """The length of a block up to the end of its front."""
    return HEAD_LENGTH + _head(block).front_length


def whole(block: bytes) -> bool:
    """Whether a block's checksums are right."""
    found = head(block)
    return found is not None and found.whole(block)


def _head(block: bytes) -> Head:
    found = head(block)
    if found is None or found.kind != BlockKind.CHUNK:
        raise TapeDamagedError("no chunk begins here")
    return found


def _together(places: list[int], samples: list[Sample], events: list[Event]) -> list[Event]:
    """Samples and events in the order in which they were."""
    records: list[Event] = []
    taken = 0
    for number, (place, sample) in enumerate(zip(places, samples, strict=True)):
        records += events[taken : place - number]
        records.append(sample)
        taken = place - number
    return records + events[taken:]


def _among(samples: list[int], number: int) -> int:
    """The place among all records of event `number`; `samples` are the places of the samples."""
    place = number
    for sample in samples:
        if sample > place:
            break
        place += 1
    return place


def _in_order(records: Sequence[Event]) -> bool:
    times = list(map(_TIME, records))
    return times == sorted(times)
