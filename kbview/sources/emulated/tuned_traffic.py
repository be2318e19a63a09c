"""Tuned traffic: the frames of a scenario, with rate, size, flows and burst changed while it runs.

    change           0 ............ 3.2 ms ................. 9.0 ms ....
    frames           20k/s          50k/s                    50k/s, 512 bytes

Several sources may read the same changes, so that a second datapath gets the same frames. A change
takes effect behind the last frame that any of them has read.
"""

from collections.abc import Iterator
from itertools import chain, islice

from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario, override
from kbview.emulator.traffic_description import CLOSED
from kbview.packet.altered import altered
from kbview.packet.frame import Frame
from kbview.tape.source import Knob

CHUNK_PS = 50_000_000  # frames are read so far ahead, and a change waits so long
MOST = 4096  # frames of a chunk
_DIGITS = (1, 2, 5)
_SIZES = (64, 128, 256, 512, 1024, 1518)
_BURSTY = ("onoff", "train", "pareto")
_LADDERS: dict[str, tuple[float, ...]] = {
    "rate_pps": tuple(digit * 10**power for power in range(9) for digit in _DIGITS),
    "size": _SIZES,
    "flows": tuple(1 << power for power in range(13)),
    "burst_frames": tuple(1 << power for power in range(13)),
}
_SHOWN = {
    "rate_pps": ("rate", "frames/s", "frames that are sent to the host"),
    "size": ("size", "bytes", "length of a frame with FCS"),
    "flows": ("flows", "flows", "senders, each with its own flow; RSS spreads them over the queues"),
    "burst_frames": ("burst", "frames", "frames that come back to back"),
}
_KEYS = {name: key for key, (name, _, _) in _SHOWN.items()}


class TunedTraffic:
    """The frames of a scenario and of its changes, in the order of arrival."""

    def __init__(self, scenario: Scenario) -> None:
        self._changes: list[tuple[int, Scenario]] = [(0, scenario)]
        self._read_ps = 0  # arrival of the last frame that a reader has taken

    @property
    def scenario(self) -> Scenario:
        """The scenario with all changes."""
        return self._changes[-1][1]

    def knobs(self) -> tuple[Knob, ...]:
        """The keys that can be turned: none where clients wait for answers, or no frame is sent."""
        traffic = self.scenario.traffic
        if traffic.pattern in CLOSED or traffic.frames == 0:
            return ()
        keys = [key for key in _SHOWN if key != "burst_frames" or traffic.pattern in _BURSTY]
        shown = [(_SHOWN[key], getattr(traffic, key)) for key in keys]
        return tuple(
            Knob(name, f"{value:,.10g} {unit}" if value != "imix" else "imix", meaning)
            for (name, unit, meaning), value in shown
        )

    def turn(self, name: str, rungs: int) -> str:
        """Turn a knob so many rungs of its ladder; the new value in words.

        Errors: ScenarioError with the range to use, if the link or another key forbids it. Nothing is
        changed then.
        """
        key = _KEYS[name]
        before = getattr(self.scenario.traffic, key)
        value = _rung(_LADDERS[key], before, rungs)
        changed = override(self.scenario, [(f"traffic.{key}", str(value))])
        if value != before:
            self._changes.append((self._read_ps, changed))
        return next(f"{knob.name} {knob.value}" for knob in self.knobs() if knob.name == name)

    def chunks(self) -> Iterator[list[Frame]]:
        """All frames from the first on, a chunk at a time."""
        at, packet = 0, 0
        while at < len(self._changes):
            begin_ps, scenario = self._changes[at]
            if scenario.traffic.frames is not None and packet >= scenario.traffic.frames:
                return
            for chunk in self._until_changed(at, packet, scenario, begin_ps):
                packet = chunk[-1].packet + 1
                self._read_ps = max(self._read_ps, chunk[-1].arrived_ps)
                yield chunk
            at += 1

    def _until_changed(
        self, at: int, packet: int, scenario: Scenario, begin_ps: int
    ) -> Iterator[list[Frame]]:
        """The chunks of one stretch, up to the next change, numbered from `packet` on."""
        most = None if scenario.traffic.frames is None else scenario.traffic.frames - packet
        chunk: list[Frame] = []
        for number, frame in enumerate(_moved(scenario, begin_ps, packet, most)):
            if chunk and (len(chunk) == MOST or frame.arrived_ps - chunk[0].arrived_ps > CHUNK_PS):
                yield chunk
                chunk = []
            after_ps = self._changes[at + 1][0] if at + 1 < len(self._changes) else None
            if after_ps is not None and frame.arrived_ps > after_ps:
                break
            if not number and self._read_ps < begin_ps:
                self._read_ps = begin_ps
            chunk.append(frame)
        if chunk:
            yield chunk


def _moved(scenario: Scenario, begin_ps: int, packet: int, most: int | None) -> Iterator[Frame]:
    """The frames of a scenario from a time and a number on."""
    frames = islice(chain.from_iterable(scenario.chunks()), most)
    if not begin_ps and not packet:
        return frames
    return (
        altered(frame, arrived_ps=frame.arrived_ps + begin_ps, packet=frame.packet + packet)
        for frame in frames
    )


def _rung(ladder: tuple[float, ...], value: float | str, rungs: int) -> float:
    """The value so many rungs up or down; at an end of the ladder it stays."""
    if isinstance(value, str):
        raise ScenarioError("size is a mix of lengths (imix); O sets one length")
    above = [each for each in ladder if each > value]
    below = [each for each in ladder if each < value]
    steps = above[:rungs] if rungs > 0 else below[rungs:][::-1]
    return steps[-1] if steps else value
