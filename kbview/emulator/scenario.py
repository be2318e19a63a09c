"""Scenario: machine, software and traffic as one typed description, from TOML or from flags."""

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from math import floor
from typing import Any

import msgspec

from kbview.emulator import traffic
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import ScenarioError, Settings
from kbview.packet.frame import ETHERNET_MINIMUM, WIRE_OVERHEAD, Frame

LONGEST_FRAME = 9_622  # jumbo frame with FCS
MOST_RATE_PPS = 1e9
PATTERNS = ("constant", "poisson")


def _listing(known: "tuple[str, ...] | list[str]") -> str:
    return f"use one of {', '.join(known)}"


def check_rate(rate_pps: float) -> None:
    """Refuse rates that no wire carries."""
    if not 0 < rate_pps <= MOST_RATE_PPS:
        raise ScenarioError(f"rate = {rate_pps:g} frames/s cannot be; use more than 0, up to 1e9")


class Traffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Synthetic UDP towards the host. `rate_pps` is a mean; `frames` of None is without end."""

    pattern: str = "constant"
    rate_pps: float = 1_000_000.0
    size: int = 64
    flows: int = 1
    port: int = 9000
    frames: int | None = None

    def __post_init__(self) -> None:
        if self.pattern not in PATTERNS:
            raise ScenarioError(f'pattern = "{self.pattern}" is unknown; {_listing(PATTERNS)}')
        check_rate(self.rate_pps)
        if not ETHERNET_MINIMUM <= self.size <= LONGEST_FRAME:
            raise ScenarioError(
                f"size = {self.size} cannot be a frame; use {ETHERNET_MINIMUM} to {LONGEST_FRAME} bytes"
            )
        if not 1 <= self.flows <= 40_000:
            raise ScenarioError(f"flows = {self.flows} is out of range; use 1 to 40000")
        if self.frames is not None and self.frames < 0:
            raise ScenarioError(f"frames = {self.frames} is negative; use 0 or more")

    def chunks(self, seed: int, link_gbps: float = 100.0) -> Iterator[list[Frame]]:
        """The frames, one after the other on a link of that rate."""
        if self.pattern == "poisson":
            wire_ps = (self.size + WIRE_OVERHEAD) * traffic.byte_ps(link_gbps)
            gaps = traffic.poisson_gaps(self.rate_pps, seed, wire_ps)
        else:
            gaps = traffic.constant_gaps(self.rate_pps)
        flows = traffic.udp_flows(self.flows, self.port)
        return traffic.synthetic(gaps, self.size, flows, self.frames)


SYNTHETIC_HOST = Host(frozenset([traffic.HOST_MAC]), frozenset([traffic.HOST_ADDRESS]))


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to see."""

    name: str
    summary: str
    datapath: str = "kernel"
    profile: str = "xdp18"
    seed: int = 1
    settings: Settings = Settings()
    traffic: Traffic = Traffic()

    def __post_init__(self) -> None:
        gbps, size = self.settings.link_gbps, self.traffic.size
        most_pps = traffic.line_rate_pps(size, gbps)
        if self.traffic.rate_pps > most_pps:
            raise ScenarioError(
                f"rate_pps = {self.traffic.rate_pps:g} is more than link_gbps = {gbps:g} carries of "
                f"{size}-byte frames; use {floor(most_pps)} or less"
            )


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
    sections: dict[str, type[msgspec.Struct]] = {"settings": Settings, "traffic": Traffic}
    for key, value in raw.items():
        if key not in kind.__struct_fields__:
            nearest = _nearest(key, kind.__struct_fields__)
            raise ScenarioError(f"{where}: unknown key {within}{key}; {nearest}")
        if kind is Scenario and key in sections and isinstance(value, dict):
            _refuse_unknown(value, sections[key], where, f"{key}.")


def _nearest(name: str, known: "tuple[str, ...] | list[str]") -> str:
    close = [key for key in known if key.startswith(name)] or get_close_matches(name, known, 1, 0.5)
    return f"did you mean {close[0]}?" if close else _listing(sorted(known))
