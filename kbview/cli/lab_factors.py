"""The measured lab beside its emulation, as factors: measured over emulated, with a reason for each."""

from collections.abc import Iterator

from kbview.state.compare_words import work_ps
from kbview.state.report import Report

_POLLING = "dpdk"
_CPU = (
    "the measured time has the sender's system calls, in which the veth's softirq runs, and Python on "
    "both sides; the emulated time has a driver, and an application in C"
)
_CPU_POLLING = "the measured time has AF_XDP's socket under the driver and is an upper bound"
_LATENCY = (
    "the measured latency has the waits of sender and receiver for a core, and other programs used "
    "{:.1f} cores meanwhile; the emulated cores are free"
)
_SWITCHES = (
    "a receiver that finds the next packet at once does not sleep; a busy machine wakes it later"
)
_CALIBRATE = (
    "the emulated costs are those of {}; `kbview calibrate` measures this machine's, and --profile "
    "here uses them"
)
_OWN = ", measured "  # in the description of a profile that `kbview calibrate` wrote


def factors(measured: Report, emulated: Report) -> list[str]:
    """A sentence for each quantity that both know, and the profile's; empty if none was delivered."""
    told = [
        f"{measured.datapath}, {name}: measured {_number(ours)}, emulated {_number(model)}, "
        f"a factor of {ours / model:.2g}: {why}"
        for name, ours, model, why in _quantities(measured, emulated)
        if ours and model
    ]
    if told and emulated.profile and _OWN not in (emulated.machine or ""):
        told.append(_CALIBRATE.format(emulated.profile))
    return told


def _quantities(measured: Report, emulated: Report) -> Iterator[tuple[str, float, float, str]]:
    """Name, measured and emulated value, and the reason for a difference; 0 is unknown."""
    model = work_ps(emulated) or 0.0
    if measured.datapath == _POLLING:
        useful_ps = sum(core["poll_useful_ps"] for core in measured.cores)
        yield "CPU ns a delivered packet", _each(measured, useful_ps) / 1e3, model / 1e3, _CPU_POLLING
    else:
        spent_ns = sum(measured.gauges.get(f"{owner} CPU ns", 0) for owner in ("receiver", "sender"))
        yield "CPU ns a delivered packet", _each(measured, spent_ns), model / 1e3, _CPU
    latencies = (float(each.latency_ps.get("p50") or 0) / 1e6 for each in (measured, emulated))
    others = measured.gauges.get("rest of machine CPU ns", 0) * 1e3 / max(measured.duration_ps, 1)
    yield "latency p50, us", next(latencies), next(latencies), _LATENCY.format(others)
    switches = (_each(each, each.counts["context_switches"] or 0) for each in (measured, emulated))
    yield "context switches a delivered packet", next(switches), next(switches), _SWITCHES


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _each(report: Report, total: float) -> float:
    """A total over the delivered packets; 0 if there are none."""
    delivered = report.frames["delivered"] or 0
    return total / delivered if delivered else 0.0
