"""Packet bytes are hostile: whatever a capture holds, there are frames or one CaptureError."""

import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.packet.capture import CaptureError, open_capture
from kbview.packet.writer import PcapWriter
from tests.packet.test_capture import FORMATS

SMALL = [data for data, _ in FORMATS.values()]
RECORDING = (Path(__file__).parents[2] / "recordings" / "mixed.pcap").read_bytes()
FEW = settings(max_examples=150, deadline=None, derandomize=True,
               suppress_health_check=[HealthCheck.too_slow])  # fmt: skip


def read(data: bytes) -> None:
    try:
        with open_capture("-", io.BytesIO(data)) as capture:
            last_ps = 0
            for batch in capture.frames():
                for frame in batch:
                    assert frame.arrived_ps >= last_ps
                    assert frame.length >= 64
                    assert frame.payload >= 0
                    last_ps = frame.arrived_ps
            assert capture.note.isprintable()
    except CaptureError as error:
        assert "\n" not in str(error)


@FEW
@given(
    st.sampled_from(SMALL),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8),
    st.integers(0, 2000),
)
def test_changed_and_cut(data: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    changed = bytearray(data)
    for place, value in changes:
        changed[place % len(changed)] = value
    read(bytes(changed[: max(len(changed) - cut, 0)]))


@FEW
@given(st.binary(max_size=200))
def test_any_frame(data: bytes) -> None:
    stream = io.BytesIO()
    writer = PcapWriter(stream)
    writer.write(0, data)
    writer.write(1, data, original_length=len(data) + 1000)
    writer.write(2, data[: len(data) // 2], original_length=len(data))
    read(stream.getvalue())


@FEW
@given(st.lists(st.tuples(st.integers(24, len(RECORDING) - 1), st.integers(0, 255)), max_size=40))
def test_a_recording_with_changed_bytes(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(RECORDING)
    for place, value in changes:
        changed[place] = value
    read(bytes(changed))


@FEW
@given(st.binary(max_size=300))
def test_any_file(data: bytes) -> None:
    read(data)
