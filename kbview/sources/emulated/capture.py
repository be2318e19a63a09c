"""A capture as a source: pcap or pcapng, from a file or a pipe, is the emulator's traffic."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import tee

from msgspec.structs import replace

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.protocol.host import Host
from kbview.emulator.scenario import Scenario, override
from kbview.emulator.settings import ScenarioError
from kbview.emulator.traffic import change
from kbview.emulator.traffic_description import check_rate
from kbview.packet.capture import CaptureError
from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_parser import parse_for
from kbview.packet.filter.filter_verdict import Verdict, verdict_of
from kbview.packet.frame import Frame
from kbview.sources.emulated.kept_bytes import CaptureSnap
from kbview.sources.emulated.replay import Replay
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.opener import Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError


class ReplaySource(EmulatorSource):
    """A capture through the emulator; `scenario` has its settings."""

    def __init__(
        self,
        heading: Heading,
        base: Scenario,
        replay: Replay,
        chunks: Iterator[list[Frame]],
        datapath: str,
    ) -> None:
        self._replay = replay
        self.scenario = base
        super().__init__(heading, base.settings, replay.host, chunks, datapath)

    def note(self) -> str:
        return self._replay.note

    def close(self) -> None:
        super().close()
        self._replay.close()


def open_capture_for(word: Word, choices: list[Choice]) -> list[Source]:
    """One source for each choice, all with the capture's frames; SourceError if it is no capture."""
    try:
        with ExitStack() as opened:
            sources = _open(word, choices, opened)
            opened.pop_all()  # the sources close their files from here on
            return sources
    except ScenarioError as error:
        raise SourceError(str(error), 2) from error
    except CaptureError as error:
        raise SourceError(str(error), 3) from error


def _open(word: Word, choices: list[Choice], opened: ExitStack) -> list[Source]:
    """A file is opened once for each; a pipe, which cannot be, is shared.

    A choice that says `if_able` is left out where its datapath cannot serve the settings; the notes of
    the other sources say so. Errors: ScenarioError if none is left.
    """
    choices, refusals = _able(word, choices)
    left_out = tuple(f"left out: {refusal}" for refusal in refusals)

    def replay(choice: Choice) -> Replay:
        verdict = _verdict(choice)
        made = Replay(word.text, choice.host, word.stream, verify=choice.verify, verdict=verdict)
        return opened.enter_context(closing(made))

    if word.stream is None:
        replays = [replay(choice) for choice in choices]
        chunks = [
            each.endless() if choice.loop else each.chunks()
            for each, choice in zip(replays, choices, strict=True)
        ]
    else:
        replays = [replay(choices[0])] * len(choices)
        chunks = list(tee(replays[0].chunks(), len(choices)))
    sources = [_source(word, *each) for each in zip(choices, replays, chunks, strict=True)]
    for source in sources:
        source.heading = replace(source.heading, notes=(*source.heading.notes, *left_out))
    return sources


def _able(word: Word, choices: list[Choice]) -> tuple[list[Choice], list[str]]:
    """The choices with a datapath that serves their settings, and why the others are left out."""
    able: list[Choice] = []
    refusals: list[str] = []
    for choice in choices:
        base = _base(word, choice)
        kind = DATAPATHS.get(choice.datapath or base.datapath)
        try:
            if kind is not None:
                kind.check(base.settings)
            able.append(choice)
        except ScenarioError as error:
            if not choice.if_able:
                raise
            refusals.append(str(error))
    if not able:
        raise ScenarioError(refusals[0])
    return able, refusals


def _base(word: Word, choice: Choice) -> Scenario:
    """The machine that the capture's packets come to, with the settings of the choice."""
    for key, _ in choice.overrides:
        if key.startswith("traffic."):
            raise SourceError(f"{key} is for scenarios; a capture brings its own traffic", 2)
    return override(Scenario(name=word.text, summary="a capture"), choice.overrides)


def _source(word: Word, choice: Choice, replay: Replay, chunks: Iterator[list[Frame]]) -> Source:
    base = _base(word, choice)
    notes = [_seen_from(replay.host)]
    if choice.filter:
        notes.append(f"packets: {choice.filter}")
    if choice.rate_pps is not None:
        check_rate(choice.rate_pps)
        gbps = base.settings.link_gbps
        chunks = change.at_rate(chunks, choice.rate_pps, gbps, replay.host.sends)
        notes.append(f"paced at {choice.rate_pps:g} frames/s, no faster than {gbps:g} Gb/s")
    elif choice.longest_gap_ps is not None:
        chunks = change.without_gaps(chunks, choice.longest_gap_ps)
        notes.append(f"gaps over {choice.longest_gap_ps / 1e6:g} us cut")
    if choice.frames is not None:
        chunks = change.limited(chunks, choice.frames)
    profile = choice.profile or base.profile
    heading = Heading(
        Origin.EMULATED, word.title, profile, choice.seed, tuple(notes), tcp=replay.mostly_tcp
    )
    source = ReplaySource(heading, base, replay, chunks, choice.datapath or base.datapath)
    if choice.snap and word.stream is None:  # a pipe cannot be read a second time
        source.snap = CaptureSnap(word.text, choice.snap, _verdict(choice))
    return source


def _verdict(choice: Choice) -> Verdict | None:
    """The verdict of the choice's filter, None where there is none. SourceError for a wrong one."""
    if not choice.filter.strip():
        return None
    try:
        return verdict_of(parse_for(choice.filter, frozenset(), "of a packet in a capture"))
    except FilterError as error:
        raise SourceError(str(error), 2) from error


def _seen_from(host: Host) -> str:
    who = ", ".join(sorted(host.addresses)) or ", ".join(sorted(mac.hex(":") for mac in host.macs))
    return f"seen from {who or 'nobody: no frame has a destination'}"
