"""A scenario as a source: synthetic traffic through an emulated machine."""

from importlib.resources import files

from msgspec.structs import replace

from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, override, parse
from kbview.emulator.settings import ScenarioError
from kbview.sources.emulated.kept_bytes import SyntheticSnap
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.emulated.toml_text import read_toml
from kbview.sources.emulated.tuned_traffic import TunedTraffic
from kbview.sources.opener import Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Knob, Origin, Source, SourceError

_SCENARIOS = files("kbview") / "scenarios"


def scenarios() -> dict[str, Scenario]:
    """The bundled ones by name."""
    texts = [entry for entry in _SCENARIOS.iterdir() if entry.name.endswith(".toml")]
    found = [parse(entry.read_text(encoding="utf-8"), entry.name) for entry in texts]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


class ScenarioSource(EmulatorSource):
    """Synthetic traffic through one emulated datapath at a time, of the datapaths that can serve it.

    `tuned` is the traffic where the viewer may change it, None where it stays as it is.
    """

    def __init__(
        self,
        heading: Heading,
        scenario: Scenario,
        datapath: str,
        snap: SyntheticSnap | None = None,
        tuned: TunedTraffic | None = None,
    ) -> None:
        self._scenario = scenario
        self._tuned = tuned
        if refused := _refused(scenario, datapath):
            raise SourceError(refused, 2)
        traffic = scenario.chunks() if tuned is None else tuned.chunks()
        peer = scenario.peer()
        super().__init__(
            heading,
            scenario.settings,
            SYNTHETIC_HOST,
            traffic if snap is None else snap.watched(traffic),
            datapath,
            peer if snap is None or peer is None else snap.looking(peer),
        )
        self.snap = snap
        self.frames = scenario.traffic.frames

    @property
    def scenario(self) -> Scenario:
        """The scenario with its overrides and with the changes of its load."""
        return self._scenario if self._tuned is None else self._tuned.scenario

    def knobs(self) -> tuple[Knob, ...]:
        return () if self._tuned is None else self._tuned.knobs()

    def turn(self, knob: str, rungs: int) -> None:
        if self._tuned is None:
            super().turn(knob, rungs)
            return
        before = self._tuned.scenario
        try:
            told = self._tuned.turn(knob, rungs)
        except ScenarioError as error:
            raise SourceError(str(error), 2) from error
        if self._tuned.scenario is not before:
            self.say(f"The load was changed: {told}.")

    def alike(self, datapath: str) -> "ScenarioSource":
        """A source of the same frames from their start, changes included, through a datapath."""
        return ScenarioSource(self.heading, self._scenario, datapath, tuned=self._tuned)

    def refusal(self, datapath: str) -> str:
        return _refused(self._scenario, datapath) or super().refusal(datapath)


def _refused(scenario: Scenario, datapath: str) -> str:
    """Why all of a scenario's traffic is nothing for a datapath; "" if it is not."""
    try:
        scenario.check(datapath)
    except ScenarioError as error:
        return str(error)
    return ""


def open_scenario(word: Word, choices: list[Choice]) -> list[Source]:
    """One source for each choice, all with the scenario's traffic.

    A choice that says `if_able` is left out where its datapath cannot serve the scenario; the other
    sources say so in their notes. Errors: SourceError if none is left, or the file is no scenario.
    """
    scenario = read_scenario(word)
    sources: list[Source] = []
    refusals: list[SourceError] = []
    for choice in choices:
        try:
            sources.append(_open(scenario, choice))
        except SourceError as error:
            if not choice.if_able:
                raise
            refusals.append(error)
    if refusals and not sources:
        raise refusals[0]
    left_out = tuple(f"left out: {refusal}" for refusal in refusals)
    for source in sources:
        source.heading = replace(source.heading, notes=(*source.heading.notes, *left_out))
    return sources


def read_scenario(word: Word) -> Scenario:
    """The bundled scenario of that name, or the one in that file; SourceError if there is none."""
    return scenarios().get(word.text) or _read(word)


def _open(scenario: Scenario, choice: Choice) -> Source:
    if choice.host is not None:
        raise SourceError("--host is for captures; a scenario has one host", 2)
    scenario = _apply(scenario, choice)
    heading = Heading(
        Origin.EMULATED,
        scenario.name,
        choice.profile or scenario.profile,
        scenario.seed,
        closed_loop=scenario.closed_loop,
        tcp=scenario.tcp,
    )
    snap = SyntheticSnap(choice.snap) if choice.snap else None
    tuned = TunedTraffic(scenario) if choice.tuned else None
    return ScenarioSource(heading, scenario, choice.datapath or scenario.datapath, snap, tuned)


def _read(word: Word) -> Scenario:
    text = read_toml(word.text, word.stream)
    try:
        return parse(text, word.text)
    except ScenarioError as error:
        raise SourceError(str(error), 2) from error
    except RecursionError as error:
        raise SourceError(f"{word.text}: not TOML: nested too deeply", 2) from error


def _apply(scenario: Scenario, choice: Choice) -> Scenario:
    flags = {"rate_pps": choice.rate_pps, "frames": choice.frames, "seed": choice.seed}
    given = [(key, str(number)) for key, number in flags.items() if number is not None]
    try:
        return override(scenario, [*choice.overrides, *given])
    except ScenarioError as error:
        raise SourceError(str(error), 2) from error
