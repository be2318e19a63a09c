"""Builds the poll of a queue pair with what is switched on: threaded NAPI, XDP, GRO, moderation."""

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.engine import US_PS
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.device.adaptive import AdaptiveModeration, AdaptiveSettings
from kbview.emulator.kernel.device.gro import Gro, GroSettings
from kbview.emulator.kernel.device.napi import CLEAN, Features, Napi
from kbview.emulator.kernel.device.napi_state import NapiSettings
from kbview.emulator.kernel.device.napi_thread import NapiThread
from kbview.emulator.kernel.device.xdp import XdpDrop, XdpFib, XdpForward, XdpProgram
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.layers import Stack
from kbview.emulator.kernel.send.xdp_tx import XdpSender, xdp_action
from kbview.emulator.kernel.send.xmit import TxQueue, TxQueues
from kbview.emulator.kernel.softirq import Scheduler, Softirqs, SoftirqSettings

__all__ = ["CLEAN", "napi_of"]


def napi_of(
    machine: Machine,
    settings: ApplicationSettings,
    queue: RxQueue,
    softirqs: Softirqs,
    stack: Stack,
    tx: TxQueues,
) -> Napi:
    """The NAPI instance of a queue; a softirq polls it, or a thread of its own if NAPI is threaded."""
    scheduler: Scheduler = softirqs.of(machine.core_of(queue.number))
    if settings.part(NapiSettings).threaded_napi:
        scheduler = NapiThread(
            machine, scheduler.core, queue.number, settings.part(SoftirqSettings).napi_weight
        )
    own = tx.queues[queue.number]
    features = _features(machine, settings, queue, own, stack.fib)
    return Napi(machine, queue, scheduler, stack, own, features)


def _features(
    machine: Machine, settings: ApplicationSettings, queue: RxQueue, tx: TxQueue, fib: Fib
) -> Features:
    program = gro = adaptive = None
    merging, since = settings.part(GroSettings), settings.part(AdaptiveSettings).adaptive_moderation
    if isinstance(tx, XdpSender):
        program = _program(machine, xdp_action(settings), tx, fib)
    elif merging.gro and settings.app != "forward" and not xdp_action(settings):
        gro = Gro(machine, udp=merging.udp_gro, hz=settings.part(SoftirqSettings).hz)
    if since != "off":
        adaptive = AdaptiveModeration(machine, queue, since)
    return Features(program, gro, adaptive, round(settings.part(NapiSettings).irq_defer_us * US_PS))


def _program(machine: Machine, action: str, sender: XdpSender, fib: Fib) -> XdpProgram:
    if action == "drop":
        return XdpDrop(machine)
    if action == "fib":
        return XdpFib(machine, sender, fib)
    return XdpForward(machine, sender, action, f"xdp_{action}")
