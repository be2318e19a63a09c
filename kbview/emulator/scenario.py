"""Scenario: machine, software and traffic as one typed description, from TOML or from flags."""

import tomllib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.offered import CLOSED, REQUEST, TCP, Traffic
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic import stream
from kbview.emulator.traffic.flows import HOST_ADDRESS, HOST_MAC
from kbview.emulator.traffic.wire import byte_ps
from kbview.packet.frame import Frame


def _listing(known: "tuple[str, ...] | list[str]") -> str:
    return f"use one of {', '.join(known)}"


STREAMS = ("http", "echo", "sink")  # applications that take connections
__all__ = ["SYNTHETIC_HOST", "Scenario", "Traffic", "convert", "override", "parse"]

SYNTHETIC_HOST = Host(frozenset([HOST_MAC]), frozenset([HOST_ADDRESS]))


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to see. `flood` is a second stream on the same cable, beside the useful one."""

    name: str
    summary: str
    datapath: str = "kernel"
    profile: str = "xdp18"
    seed: int = 1
    settings: Settings = Settings()
    traffic: Traffic = Traffic()

    flood: Traffic | None = None

    def __post_init__(self) -> None:
        gbps = self.settings.link_gbps
        for each in self._streams():
            each.check_link(gbps)
        if self.flood is not None and self.flood.pattern in CLOSED:
            raise ScenarioError(
                f'flood.pattern = "{self.flood.pattern}" waits for answers; a flood does not'
            )
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

    def check(self, datapath: str) -> None:
        """Refuse a datapath that all of this traffic is nothing for: ScenarioError with one line."""
        kind = DATAPATHS.get(datapath)
        if kind is not None and not kind.takes_datagrams and self.traffic.pattern != TCP:
            raise ScenarioError(f'datapath {datapath} takes connections only; use pattern = "tcp"')

    def _streams(self) -> list[Traffic]:
        return [self.traffic] if self.flood is None else [self.traffic, self.flood]

    def chunks(self) -> Iterator[list[Frame]]:
        """All frames of an open loop, those of the flood among them."""
        gbps = self.settings.link_gbps
        if self.flood is None:
            return self.traffic.chunks(self.seed, gbps)
        frames = [
            self.traffic.stream(self.seed, gbps),
            self.flood.stream(self.seed + 1, gbps, self.traffic.flows),
        ]
        return stream.in_chunks(stream.together(frames, byte_ps(gbps)))

    def peer(self) -> Callable[[Nic], Peer] | None:
        """What makes the host at the other end of the cable, in a closed loop."""
        return self.traffic.peer(self.seed, self.settings)


_SECTIONS: dict[str, type[msgspec.Struct]] = {
    "settings": Settings,
    "traffic": Traffic,
    "flood": Traffic,
}


def parse(text: str, where: str) -> Scenario:
    """Read a scenario's TOML; `where` is named in errors."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: not TOML: {error}") from None
    return convert(raw, where)


def convert(raw: dict[str, Any], where: str) -> Scenario:
    """Check every key and value; an unknown key is refused and the nearest known one named."""
    _refuse_unknown(raw, Scenario, where, "")
    try:
        return msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {error}") from None


def override(scenario: Scenario, key: str, text: str) -> Scenario:
    """The scenario with one key set, as `--set settings.ring=256` or just `ring=256` does."""
    raw = msgspec.to_builtins(scenario)
    section, _, name = key.rpartition(".")
    if section == "flood" and raw["flood"] is None:
        raw["flood"] = msgspec.to_builtins(Traffic())
    places = [raw[section]] if isinstance(raw.get(section), dict) else []
    if not section:
        places = [raw, raw["settings"], raw["traffic"]]
    for place in places:
        if name in place and not isinstance(place[name], dict):
            place[name] = _value(text)
            return convert(raw, f"--set {key}")
    known = [*Settings.__struct_fields__, *Traffic.__struct_fields__, *Scenario.__struct_fields__]
    raise ScenarioError(f"--set {key}: unknown key; {_nearest(name, known)}")


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _refuse_unknown(raw: dict[str, Any], kind: type[msgspec.Struct], where: str, within: str) -> None:
    for key, value in raw.items():
        if key not in kind.__struct_fields__:
            nearest = _nearest(key, kind.__struct_fields__)
            raise ScenarioError(f"{where}: unknown key {within}{key}; {nearest}")
        if kind is Scenario and key in _SECTIONS and isinstance(value, dict):
            _refuse_unknown(value, _SECTIONS[key], where, f"{key}.")


def _nearest(name: str, known: "tuple[str, ...] | list[str]") -> str:
    close = [key for key in known if key.startswith(name)] or get_close_matches(name, known, 1, 0.5)
    return f"did you mean {close[0]}?" if close else _listing(sorted(known))
