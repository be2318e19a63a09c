"""Scenario: machine, software and traffic as one typed description, from TOML or from flags."""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import partial
from itertools import count
from typing import Annotated, Any

import msgspec

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.hardware.rss import SECOND_MAC
from kbview.emulator.keys import (
    DeclaredKey,
    Keys,
    ScenarioError,
    check_raw,
    keys_of,
    meaning,
    number,
    quoted,
)
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.emulator.traffic import stream
from kbview.emulator.traffic.flows import HOST_ADDRESS, HOST_MAC, SECOND_ADDRESS
from kbview.emulator.traffic_description import CLOSED, REQUEST, TCP, Traffic
from kbview.emulator.wrong_value import sentence
from kbview.packet.frame import Frame

STREAMS = ("http", "echo", "sink")  # applications that take connections
_MOST_NAMES = 120  # characters of a hint
_LONGEST_VALUE = 1_000  # characters after --set KEY=; the parser is slow with long ones
__all__ = [
    "SYNTHETIC_HOST",
    "DeclaredKey",
    "Scenario",
    "Traffic",
    "convert",
    "nearest",
    "override",
    "parse",
    "reference",
]

SYNTHETIC_HOST = Host(frozenset([HOST_MAC, SECOND_MAC]), frozenset([HOST_ADDRESS, SECOND_ADDRESS]))


@dataclass(frozen=True)
class Scenario(Keys):
    """One thing to see. `flood` is a second stream on the same cable, beside the useful one."""

    name: Annotated[str, meaning("the word for it on the command line")]
    summary: Annotated[str, meaning("one line that says what there is to see")]
    datapath: Annotated[str, meaning("the datapath that it begins with")] = "kernel"
    profile: Annotated[str, meaning("the calibration that prices each step")] = "xdp18"
    seed: Annotated[int, number("seed of all random numbers", ge=0, le=(1 << 63) - 1)] = 1
    settings: Settings = field(default_factory=Settings)
    traffic: Traffic = field(default_factory=Traffic)
    flood: Traffic | None = None

    def check_together(self) -> None:
        super().check_together()
        gbps = self.settings.link_gbps
        for each in self._streams():
            each.check_link(gbps)
        if self.flood is not None and self.flood.pattern in CLOSED:
            raise ScenarioError(
                f'flood.pattern = "{self.flood.pattern}" waits for answers; a flood does not'
            )
        if self.settings.ports == 2:
            self._check_ports()
        if self.settings.app == "http" and self.traffic.pattern != TCP:
            raise ScenarioError('app = "http" is called over TCP; use pattern = "tcp"')
        if self.traffic.pattern == TCP and self.settings.app not in STREAMS:
            raise ScenarioError(
                f'app = "{self.settings.app}" has no connections; use app = "http", "echo" or "sink"'
            )
        if self.traffic.pattern == REQUEST and not APPLICATIONS[self.settings.app].answers:
            raise ScenarioError(
                f'pattern = "request" waits for answers and app = "{self.settings.app}" gives none; '
                'use app = "echo"'
            )

    def _check_ports(self) -> None:
        """Refuse a second port that nothing comes in by, or that an answer would leave by."""
        app = self.settings.app
        if self.flood is None or self.closed_loop:
            raise ScenarioError("ports = 2 needs a flood, and traffic that waits for no answers")
        if app not in ("sink", "drop"):
            raise ScenarioError(f'ports = 2 only receive; app = "{app}" sends, use "sink" or "drop"')

    def check(self, datapath: str) -> None:
        """Refuse a datapath that all of this traffic is nothing for: ScenarioError with one line."""
        kind = DATAPATHS.get(datapath)
        if kind is not None and not kind.takes_datagrams and self.traffic.pattern != TCP:
            raise ScenarioError(f'datapath {datapath} takes connections only; use pattern = "tcp"')

    def _streams(self) -> list[Traffic]:
        return [self.traffic] if self.flood is None else [self.traffic, self.flood]

    def chunks(self) -> Iterator[list[Frame]]:
        """All frames of an open loop, with the flood."""
        gbps = self.settings.link_gbps
        if self.flood is None:
            return self.traffic.chunks(self.seed, gbps)
        apart = self.settings.ports == 2
        frames = [
            self.traffic.stream(self.seed, gbps),
            self.flood.stream(self.seed + 1, gbps, self.traffic.flows, second_port=apart),
        ]
        numbers = count(1, 2) if self.closed_loop else count()  # a peer has the even numbers
        if apart:
            return stream.in_chunks(stream.apart(frames, numbers))
        return stream.in_chunks(stream.together(frames, gbps, numbers))

    @property
    def closed_loop(self) -> bool:
        """Whether clients wait for an answer before they send more."""
        return self.traffic.pattern in CLOSED

    @property
    def tcp(self) -> bool:
        """Whether clients connect."""
        return self.traffic.pattern == TCP

    def peer(self) -> Callable[[Nic], Peer] | None:
        """The maker of the host at the other end of the cable; None in open loop."""
        make = self.traffic.peer(self.seed, self.settings)
        if make is None or self.flood is None:
            return make
        return partial(_numbered_evenly, make)


def _numbered_evenly(make: Callable[[Nic], Peer], nic: Nic) -> Peer:
    """The peer of a closed loop beside a flood: the odd numbers are the flood's."""
    made = make(nic)
    made.packets = count(0, 2)
    return made


_SECTIONS: dict[str, type[Keys]] = {"settings": Settings, "traffic": Traffic, "flood": Traffic}


def reference() -> list[tuple[str, DeclaredKey]]:
    """Every key of a scenario with its section: "" for the top level, "settings" or "traffic".

    `flood` takes the keys of `traffic`.
    """
    sections: dict[str, type[Keys]] = {"": Scenario, "settings": Settings, "traffic": Traffic}
    return [(section, key) for section, kind in sections.items() for key in keys_of(kind)]


def parse(text: str, where: str) -> Scenario:
    """Read a scenario's TOML; ScenarioError, which names `where`, if it is none."""
    return convert(_toml(text, where), where)


def convert(raw: dict[str, Any], where: str) -> Scenario:
    """Check every key and value; an unknown key is refused and the nearest known one named."""
    _refuse_unknown(raw, Scenario, where, "")
    check_raw(Scenario, raw)
    for section, kind in _SECTIONS.items():
        if isinstance(raw.get(section), dict):
            check_raw(kind, raw[section])
    try:
        return msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {sentence(error)}") from None


def override(scenario: Scenario, changes: Iterable[tuple[str, str]]) -> Scenario:
    """The scenario with keys set, as `--set settings.ring=256` or just `ring=256` does.

    All are set before any is checked, so their order does not matter.
    """
    raw = asdict(scenario)
    where = []
    for key, text in changes:
        _set(raw, key, text)
        where.append(f"--set {key}")
    return convert(raw, ", ".join(where)) if where else scenario


def _set(raw: dict[str, Any], key: str, text: str) -> None:
    section, _, name = key.rpartition(".")
    if section == "flood" and raw["flood"] is None:
        raw["flood"] = asdict(Traffic())
    places = [raw[section]] if isinstance(raw.get(section), dict) else []
    if not section:
        places = [raw, raw["settings"], raw["traffic"]]
    for place in places:
        if name in place and not isinstance(place[name], dict):
            place[name] = _value(text, f"--set {key}")
            return
    known = [each.name for _, each in reference()]
    raise ScenarioError(f"--set {quoted(key)[1:-1]}: unknown key; {nearest(name, known)}")


def _toml(text: str, where: str) -> dict[str, Any]:
    """The tables of a text; ScenarioError if it is no TOML or nested too deeply."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also an integer of more digits than Python reads
        raise ScenarioError(f"{where}: not TOML: {error}") from None
    except RecursionError:
        raise ScenarioError(
            f"{where}: nested too deeply; a scenario has keys and tables only"
        ) from None


def _value(text: str, where: str) -> Any:
    """A value as TOML has it, or the text itself if it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"] if len(text) <= _LONGEST_VALUE else text
    except (ValueError, KeyError):
        return text
    except RecursionError:
        raise ScenarioError(f"{where}: nested too deeply; write one value") from None


def _refuse_unknown(raw: dict[str, Any], kind: type[Keys], where: str, within: str) -> None:
    known = [*(key.name for key in keys_of(kind)), *(_SECTIONS if kind is Scenario else ())]
    for key, value in raw.items():
        if key not in known:
            raise ScenarioError(
                f"{where}: unknown key {within}{quoted(key)[1:-1]}; {nearest(key, known)}"
            )
        if kind is Scenario and key in _SECTIONS and isinstance(value, dict):
            _refuse_unknown(value, _SECTIONS[key], where, f"{key}.")


def nearest(name: str, known: list[str]) -> str:
    """The hint behind an unknown name: the nearest known one, else all of them if they are few."""
    close = [key for key in known if key.startswith(name)] or get_close_matches(
        name[:60], known, 1, 0.5
    )
    if close:
        return f"did you mean {close[0]}?"
    names = ", ".join(sorted(known))
    return f"use one of {names}" if len(names) <= _MOST_NAMES else "`kbview list settings` names all"
