"""Builds the NAPI instance of a queue: XDP program, GRO, moderation, and its softirq or thread."""

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.engine import US_PS
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.device.cpumap import BUILD, CpuMap, CpuMapEntry
from kbview.emulator.kernel.device.dim import AdaptiveModeration, AdaptiveSettings
from kbview.emulator.kernel.device.driver import CLEAN, DriverPoll, Features
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.device.napi import NapiSettings
from kbview.emulator.kernel.device.napi_thread import NapiThread
from kbview.emulator.kernel.device.summing_gro import SummingGro
from kbview.emulator.kernel.device.xdp import (
    RECEIVED,
    XdpDrop,
    XdpFib,
    XdpForward,
    XdpProgram,
    XdpSettings,
    completes_with_irq,
)
from kbview.emulator.kernel.device.xdp_match import MatchSettings, XdpMatch, matches
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.layers import ProtocolStack
from kbview.emulator.kernel.send.xdp_tx import XdpSender, xdp_action
from kbview.emulator.kernel.send.xmit import TxQueue, TxQueues
from kbview.emulator.kernel.softirq import Scheduler, Softirqs, SoftirqSettings

AFTER_XDP = tuple(step for step in CLEAN if step not in RECEIVED)  # of a frame that a program passed


def steps_below(settings: MatchSettings) -> tuple[str, ...]:
    """The steps of a packet below the layers: from the ring, after XDP, or in cpumap's thread."""
    if settings.cpumap_cpus:
        return BUILD
    return AFTER_XDP if matches(settings) else CLEAN


def cpumap_of(
    machine: Machine, settings: MatchSettings, stack: ProtocolStack, softirqs: Softirqs
) -> CpuMap:
    """The cpumap of a scenario; without a core in it unless the scenario has one."""
    cores = [machine.cores[number] for number in settings.cpumap_cores]
    size = settings.cpumap_queue
    return CpuMap(machine, [CpuMapEntry(machine, core, size, stack, softirqs) for core in cores])


def napi_of(
    machine: Machine,
    settings: ApplicationSettings,
    queue: RxQueue,
    softirqs: Softirqs,
    stack: ProtocolStack,
    tx: TxQueues,
    cpumap: CpuMap,
) -> DriverPoll:
    """The NAPI instance of a queue; a softirq polls it, or a thread of its own if NAPI is threaded."""
    scheduler: Scheduler = softirqs.of(machine.core_of(queue.number))
    if settings.part(NapiSettings).threaded_napi:
        scheduler = NapiThread(
            machine, scheduler.core, queue.number, settings.part(SoftirqSettings).napi_weight
        )
    own = tx.queues[queue.number]
    features = _features(machine, settings, queue, own, stack, cpumap)
    return DriverPoll(machine, queue, scheduler, stack, own, features)


def _features(
    machine: Machine,
    settings: ApplicationSettings,
    queue: RxQueue,
    tx: TxQueue,
    stack: ProtocolStack,
    cpumap: CpuMap,
) -> Features:
    adaptive, since = None, settings.part(AdaptiveSettings).adaptive_moderation
    if since != "off":
        adaptive = AdaptiveModeration(machine, queue, since)
    defer_ps = round(settings.part(NapiSettings).irq_defer_us * US_PS)
    program = None
    completes = True
    if isinstance(tx, XdpSender):
        program = _program(machine, xdp_action(settings), tx, stack.fib)
        completes = completes_with_irq(settings.part(XdpSettings))
    matching = settings.part(MatchSettings)
    if matches(matching):
        program = XdpMatch(machine, matching, cpumap.bulks() if matching.cpumap_cpus else None)
    clean = AFTER_XDP if matches(matching) else CLEAN
    return Features(program, _gro(machine, matching, stack), adaptive, defer_ps, completes, clean)


def _gro(machine: Machine, settings: MatchSettings, stack: ProtocolStack) -> Gro | None:
    """GRO of a queue; None where no packet passes it to the layers."""
    if not settings.gro or settings.app == "forward" or xdp_action(settings) or settings.cpumap_cpus:
        return None
    kind = SummingGro if settings.rx_checksum == "cpu" else Gro
    return kind(
        machine,
        stack.receive_merged,
        udp=settings.udp_gro,
        hz=settings.part(SoftirqSettings).hz,
    )


def _program(machine: Machine, action: str, sender: XdpSender, fib: Fib) -> XdpProgram:
    if action == "drop":
        return XdpDrop(machine)
    if action == "fib":
        return XdpFib(machine, sender, fib)
    return XdpForward(machine, sender, action, f"xdp_{action}")
