"""What a SOURCE word means: a capture, a pipe, or a scenario; and the source that it becomes."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from importlib.resources import files
from itertools import tee
from pathlib import Path
from typing import BinaryIO

import msgspec

from kbview.emulator import traffic
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.protocol.host import Host
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, check_rate, override, parse
from kbview.emulator.settings import ScenarioError
from kbview.packet.capture import CaptureError
from kbview.packet.frame import Frame
from kbview.sources.emulator import EmulatorSource
from kbview.sources.replay import Replay
from kbview.tape.source import Heading, Origin, SourceError

_SCENARIOS = files("kbview") / "scenarios"
_LATER = {
    ".kbt": "tapes",
    "live:": "live capture",
    "lab": "the lab",
    "counters": "counters",
    "dpdk": "a running DPDK application",
}


class Choice(msgspec.Struct, frozen=True):
    """What flags say beside the SOURCE. None means not said. Times are picoseconds."""

    datapath: str | None = None
    profile: str | None = None
    seed: int | None = None
    host: str | None = None
    rate_pps: float | None = None
    longest_gap_ps: int | None = None
    frames: int | None = None
    loop: bool = False
    verify: bool = True
    overrides: tuple[tuple[str, str], ...] = ()


def scenarios() -> dict[str, Scenario]:
    """The bundled ones by name."""
    texts = [entry for entry in _SCENARIOS.iterdir() if entry.name.endswith(".toml")]
    found = [parse(entry.read_text(encoding="utf-8"), entry.name) for entry in texts]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def recording(name: str) -> str | None:
    """The path of a bundled recording, wherever this program was installed from."""
    for folder in (Path(str(files("kbview"))), Path(str(files("kbview"))).parent):
        path = folder / "recordings" / name
        if path.is_file():
            return str(path)
    return None


def datapaths(text: str) -> list[str]:
    """The datapaths of `a,b` or `all`; SourceError on one that there is not."""
    if text == "all":
        return list(DATAPATHS)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in DATAPATHS:
            raise SourceError(f"datapath {name!r} is unknown; use {', '.join(DATAPATHS)} or all", 2)
    return list(dict.fromkeys(names))


def resolve(word: str, choice: Choice, stream: BinaryIO | None = None) -> EmulatorSource:
    """The source for a word; SourceError with one line when it cannot be had. `-` reads `stream`."""
    return resolve_all(word, [choice], stream)[0]


def resolve_all(word: str, choices: list[Choice], stream: BinaryIO | None) -> list[EmulatorSource]:
    """The same traffic for several choices; they are to be pumped side by side."""
    try:
        if word in scenarios() or word.endswith(".toml"):
            return [_from_scenario(word, choice) for choice in choices]
        _refuse_later(word)
        with ExitStack() as opened:
            sources = _from_captures(word, choices, stream, opened)
            opened.pop_all()  # the sources close them from here on
            return sources
    except ScenarioError as error:
        raise SourceError(str(error), 2) from error
    except CaptureError as error:
        raise SourceError(str(error), 3) from error


def _refuse_later(word: str) -> None:
    for sign, what in _LATER.items():
        meant = (
            word.endswith(sign) if sign.startswith(".") else word.partition(":")[0] == sign.rstrip(":")
        )
        if meant and (sign.startswith(".") or not Path(word).exists()):
            raise SourceError(f"{word}: {what} cannot be opened by this version yet", 2)


# ---- scenarios -------------------------------------------------------------------------------


def _from_scenario(word: str, choice: Choice) -> EmulatorSource:
    if choice.host is not None:
        raise SourceError("--host is for captures; a scenario has one host", 2)
    scenario = scenarios()[word] if word in scenarios() else _read_scenario(word)
    scenario = _apply(scenario, choice)
    chunks = scenario.traffic.chunks(scenario.seed)
    heading = Heading(Origin.EMULATED, scenario.name, choice.profile or scenario.profile, scenario.seed)
    return EmulatorSource(
        heading, scenario.settings, SYNTHETIC_HOST, chunks, choice.datapath or scenario.datapath
    )


def _read_scenario(path: str) -> Scenario:
    try:
        return parse(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SourceError(f"{path}: cannot be read: {reason}", 3) from error


def _apply(scenario: Scenario, choice: Choice) -> Scenario:
    for key, value in choice.overrides:
        scenario = override(scenario, key, value)
    flags = {"rate_pps": choice.rate_pps, "frames": choice.frames, "seed": choice.seed}
    for key, number in flags.items():
        if number is not None:
            scenario = override(scenario, key, str(number))
    return scenario


# ---- captures --------------------------------------------------------------------------------


class ReplaySource(EmulatorSource):
    """A capture through the emulator. Its note says what was wrong with the file."""

    def __init__(
        self,
        heading: Heading,
        base: Scenario,
        replay: Replay,
        chunks: Iterator[list[Frame]],
        datapath: str,
    ) -> None:
        self._replay = replay
        super().__init__(heading, base.settings, replay.host, chunks, datapath)

    def note(self) -> str:
        return self._replay.note

    def close(self) -> None:
        self._replay.close()


def _from_captures(
    word: str, choices: list[Choice], stream: BinaryIO | None, opened: ExitStack
) -> list[EmulatorSource]:
    """A file is opened once for each; a pipe, which cannot be, is shared."""

    def replay(choice: Choice) -> Replay:
        return opened.enter_context(closing(Replay(word, choice.host, stream, verify=choice.verify)))

    if word != "-" or stream is None:
        replays = [replay(choice) for choice in choices]
        chunks = [
            each.endless() if choice.loop else each.chunks()
            for each, choice in zip(replays, choices, strict=True)
        ]
    else:
        replays = [replay(choices[0])] * len(choices)
        chunks = list(tee(replays[0].chunks(), len(choices)))
    return [_from_capture(word, *each) for each in zip(choices, replays, chunks, strict=True)]


def _from_capture(
    word: str, choice: Choice, replay: Replay, chunks: Iterator[list[Frame]]
) -> EmulatorSource:
    base = Scenario(name=word, summary="a capture")
    for key, value in choice.overrides:
        if key.startswith("traffic."):
            raise SourceError(f"{key} is for scenarios; a capture brings its own traffic", 2)
        base = override(base, key, value)
    notes = [_seen_from(replay.host)]
    if choice.rate_pps is not None:
        check_rate(choice.rate_pps)
        chunks = traffic.at_rate(chunks, choice.rate_pps, replay.host.sends)
        notes.append(f"paced at {choice.rate_pps:g} frames/s")
    elif choice.longest_gap_ps is not None:
        chunks = traffic.without_gaps(chunks, choice.longest_gap_ps)
        notes.append(f"gaps over {choice.longest_gap_ps / 1e6:g} us cut")
    if choice.frames is not None:
        chunks = traffic.limited(chunks, choice.frames)
    heading = Heading(
        Origin.EMULATED,
        "stdin" if word == "-" else Path(word).name,
        choice.profile or base.profile,
        choice.seed,
        tuple(notes),
    )
    return ReplaySource(heading, base, replay, chunks, choice.datapath or base.datapath)


def _seen_from(host: Host) -> str:
    who = ", ".join(sorted(host.addresses)) or ", ".join(sorted(mac.hex(":") for mac in host.macs))
    return f"seen from {who or 'nobody: no frame has a destination'}"
