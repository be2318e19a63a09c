"""From findings to a profile, and to the file that holds it."""

import json

import msgspec

from kbview.emulator.cost import Calibration, Confidence, CostRow
from kbview.sources.calibration.machine import MachineFacts
from kbview.sources.calibration.method import Findings, MeasuredCost

_COMMAND = "kbview calibrate"


def profile(name: str, base: Calibration, machine: MachineFacts, findings: Findings) -> Calibration:
    """Rows for what was found; the base has the others. A finding that is no cost is left to it."""
    clock_hz = machine.clock_hz or base.clock_hz
    source = f"{_COMMAND}, {machine.date}, {machine.kernel}, {machine.cpu}"
    rows = {
        step: _row(finding, base.steps[step], clock_hz, source)
        for step, finding in findings.items()
        if step in base.steps and finding.credible
    }
    summary = f"{machine.cpu}, {machine.kernel}, measured {machine.date}; the rest is {base.name}'s"
    return Calibration(name=name, summary=summary, clock_hz=clock_hz, steps=rows, base=base.name)


def _row(finding: MeasuredCost, base: CostRow, clock_hz: int, source: str) -> CostRow:
    """In cycles what the base has in cycles, so that a changed clock scales it."""
    values: dict[str, float] = {"cycles": base.cycles, "ns": base.ns}
    notes = [finding.how]
    if finding.ns is not None:
        ns = finding.ns
        values = (
            {"cycles": round(ns.median * clock_hz / 1e9, 1)}
            if base.cycles
            else {"ns": round(ns.median, 2)}
        )
        notes.append(f"{ns.median:.1f} ns, half of {ns.samples} between {ns.low:.1f} and {ns.high:.1f}")
    if finding.ns_per_byte is not None:
        slope = finding.ns_per_byte
        values["ns_per_byte"] = round(slope.median, 5)
        notes.append(f"{slope.median:.4f} ns a byte, half between {slope.low:.4f} and {slope.high:.4f}")
    if finding.ns is None:
        notes.append("beyond the bytes as in the base")
    confidence = Confidence.DERIVED if finding.derived else Confidence.MEASURED
    return CostRow(confidence=confidence, source=source, note="; ".join(notes), **values)


def toml(calibration: Calibration) -> str:
    """The profile as the file that `--profile` reads."""
    lines = [f"# What this machine costs, as `{_COMMAND}` found it. Any row may be changed by hand."]
    keys = ("name", "summary", "clock_hz", "base")
    lines += [f"{key} = {_value(getattr(calibration, key))}" for key in keys]
    for step, row in calibration.steps.items():
        lines += ["", f"[steps.{step}]"]
        told = msgspec.to_builtins(row)
        lines += [f"{key} = {_value(value)}" for key, value in told.items() if value not in (0.0, "")]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    """Numbers and texts; JSON's escapes are TOML's, but for DEL, which JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
