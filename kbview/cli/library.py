"""The library: every source that the screen can open, and the settings of the open one."""

import argparse
from collections.abc import Iterator, Sequence
from copy import copy
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec

from kbview.cli import privilege, recent
from kbview.cli.choice import choice
from kbview.cli.saving import save
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Scenario, reference
from kbview.experiment.stretch import open_loop
from kbview.experiment.sweep import Model
from kbview.sources.emulated import profile
from kbview.sources.emulated.capture import ReplaySource
from kbview.sources.emulated.scenario import ScenarioSource, scenarios
from kbview.sources.resolve import is_pipe, recording, resolve
from kbview.tape.source import Origin, Source, SourceError
from kbview.ui.session import Offers, Opened, SettingRow, ShelfItem
from kbview.ui.sweeper import Sweeper
from kbview.ui.tutor import Tutor

SNAP = 512  # bytes of each packet that the Packet screen can show
_VIEWING_GAP_PS = 30_000_000  # longer silences are cut to this, unless --gap says otherwise
_MOST_FILES = 200
_SUFFIXES = (".pcap", ".pcapng", ".pcap.gz", ".kbt", ".toml")
_RECORDINGS = {
    "http.pcap": "60 short HTTP connections: most of the work is not the data",
    "bulk.pcap": "one upload of 2.5 MB: frames back to back, then pauses",
    "udp-bursts.pcap": "bursts of 8 to 256 small datagrams: how far does the ring fill?",
    "mixed.pcap": "ARP, DNS, HTTP, pings, fragments: one packet at a time, each by another way",
    "lab.kbt": "the lab, recorded: real traffic through eight receivers of this kernel",
}
_LIGHT_PPS, _FLOOD_PPS = 20_000.0, 2_500_000.0
_FIXED = ("name", "summary")  # keys that describe a scenario and change nothing
_FLAGS = ("profile", "seed", "datapath")  # keys with a flag of their own
_OF_ONE_SOURCE = ("host", "rate", "size", "flows", "cores", "ring", "until", *_FLAGS)


class SourceLibrary:
    """The sources that can be opened, beside the source that `arguments` name."""

    def __init__(
        self, arguments: argparse.Namespace, source: Source, tutor: Tutor | None = None
    ) -> None:
        self._arguments = arguments
        self._source = source
        self._tutor = tutor

    def shelf(self) -> Sequence[ShelfItem]:
        """Lessons, scenarios, bundled recordings, files of this folder, and files opened lately."""
        found = [
            *(self._tutor.shelf() if self._tutor is not None else ()),
            *(ShelfItem(name, "scenario", one.summary) for name, one in scenarios().items()),
            *_recordings(),
            *(ShelfItem(name, "file here", _about(Path(name))) for name in _files(Path())),
            *(ShelfItem(name, "recent", _about(Path(name))) for name in recent.files()),
        ]
        return list({item.word: item for item in reversed(found)}.values())[::-1]

    def open(self, word: str) -> Opened:
        """Another source, without the flags that were given for the first one; or a lesson.

        A source that is no lesson's puts the open lesson away: its text describes another run.
        """
        if self._tutor is not None and word.startswith("lesson "):
            return self._tutor.start(word)
        arguments = copy(self._arguments)
        for flag in _OF_ONE_SOURCE:
            setattr(arguments, flag, None)
        arguments.source, arguments.overrides = recording(word) or word, []
        opened = open_first(arguments, None, self._tutor)
        if self._tutor is not None:
            self._tutor.close()
        return opened

    def settings(self) -> Sequence[SettingRow]:
        """The keys of a scenario or of a capture's host, with the values in force."""
        if not isinstance(self._source, ScenarioSource | ReplaySource):
            return ()
        scenario = self._source.scenario
        own = isinstance(self._source, ScenarioSource)
        asked = {"profile": self._source.heading.profile, "datapath": self._arguments.datapath}
        return [
            SettingRow(
                name,
                _shown(asked.get(name) or _value(scenario, section, key.name)),
                _shown(key.default),
                key.unit,
                key.bounds,
                key.meaning,
            )
            for section, key in reference()
            if key.name not in _FIXED and (own or section != "traffic")
            for name in [f"traffic.{key.name}" if section == "traffic" else key.name]
        ]

    def restart(self, changes: Sequence[tuple[str, str]]) -> Opened:
        """The same source from its start with these settings; a load that was turned stays as it is."""
        arguments = copy(self._arguments)
        arguments.overrides = [*arguments.overrides, *self._turned()]
        for key, value in changes:
            if key in _FLAGS:
                setattr(arguments, key, value)
            else:
                arguments.overrides.append((key, value))
        arguments.size = arguments.flows = arguments.rate = None
        if self._arguments.rate is not None and not isinstance(self._source, ScenarioSource):
            arguments.rate = self._arguments.rate  # of a capture
        return open_first(arguments, None, self._tutor)

    def _turned(self) -> Iterator[tuple[str, str]]:
        """The load as it is now, as overrides."""
        if isinstance(self._source, ScenarioSource):
            for key in ("rate_pps", "size", "flows", "burst_frames"):
                yield f"traffic.{key}", _shown(getattr(self._source.scenario.traffic, key))


def open_first(
    arguments: argparse.Namespace, stream: BufferedReader | None, tutor: Tutor | None = None
) -> Opened:
    """The source that the flags name, with its offers. Errors: SourceError with one line."""
    word: str = arguments.source
    if arguments.gap is None:
        arguments.gap = _VIEWING_GAP_PS
    loop = not arguments.once and stream is None and arguments.until is None
    asked = choice(arguments, arguments.datapath, loop=loop, follow=True, kept=True)
    source = resolve(word, msgspec.structs.replace(asked, snap=SNAP, tuned=True), stream)
    privilege.drop(source, arguments.user)
    if recording(Path(word).name) != word:
        recent.remember(word)
    reason = _no_twin(source, piped=is_pipe(word))

    def twin(datapath: str) -> Source:
        if isinstance(source, ScenarioSource):
            return source.alike(datapath)
        return resolve(word, choice(arguments, datapath, loop=loop))

    offers = Offers(
        None if reason else twin,
        reason,
        None if source.heading.origin is Origin.RECORDED else partial(save, source, SNAP),
        profile.vocabulary,
        SourceLibrary(arguments, source, tutor),
        tutor=tutor,
        sweeper=partial(_sweeper, source) if isinstance(source, ScenarioSource) else None,
        other_load=partial(other_load, source)
        if isinstance(source, ScenarioSource) and open_loop(source.scenario)
        else None,
    )
    return Opened(source, offers)


def other_load(source: ScenarioSource, datapath: str) -> Source:
    """The scenario through a datapath: at a light load, or at a flood if its own load is light.

    The source has no end. A light load is 20,000 frames a second, one at a time. A flood is 2.5
    million, which the kernel's path cannot serve on one core. Errors: SourceError if the scenario
    cannot have the load.
    """
    scenario = source.scenario
    light = scenario.traffic.rate_pps > _LIGHT_PPS
    rate = ("traffic.rate_pps", f"{_LIGHT_PPS if light else _FLOOD_PPS:g}")
    try:
        scene = Model(scenario).scene([rate, *([("traffic.burst_frames", "1")] if light else [])])
    except ScenarioError as error:
        raise SourceError(str(error), 2) from error
    return ScenarioSource(source.heading, scene, datapath)


def _sweeper(source: ScenarioSource) -> Sweeper:
    from kbview.cli.sweeping import ScenarioSweeper  # most screens never ask for it

    return ScenarioSweeper(source)


def _no_twin(source: Source, *, piped: bool) -> str:
    """Why the same traffic cannot be sent through another datapath from its start; "" if it can."""
    if piped:
        return "what comes through a pipe cannot be read a second time"
    if not source.capabilities.switchable:
        return f"{source.heading.name} has one datapath, and what it shows has happened only once"
    return ""


def _recordings() -> Iterator[ShelfItem]:
    for name, caption in _RECORDINGS.items():
        if recording(name) is not None:
            yield ShelfItem(name, "recording", caption)


def _files(folder: Path) -> list[str]:
    """The names of recordings and scenarios in a folder, in order."""
    try:
        found = (path for path in folder.iterdir() if path.name.endswith(_SUFFIXES))
        names = sorted(path.name for path in found if path.is_file())
    except OSError:
        return []
    return names[:_MOST_FILES]


def _about(path: Path) -> str:
    """The size of a file in words."""
    try:
        return f"{path.stat().st_size:,} bytes"
    except OSError:
        return "is not there any more"


def _value(scenario: Scenario, section: str, key: str) -> Any:
    return getattr(getattr(scenario, section) if section else scenario, key)


def _shown(value: Any) -> str:
    """A value as `--set` takes it."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
