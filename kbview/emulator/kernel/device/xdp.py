"""XDP: a program that the driver runs on each frame, before there is an sk_buff.

    drop        the page goes back to the ring
    tx          sent through the port of its arrival, one doorbell at the end of the poll
    redirect    sent through a device of a map, in bulks of 16 with a doorbell each
    fib         as redirect, after a look-up in the kernel's own route table

A frame that fib cannot forward is passed to the stack. xdp_match.py drops some frames only.
net/generic_xdp.py runs a program after the sk_buff is built. Linux: net/core/filter.c bpf_fib_lookup(),
Documentation/networking/af_xdp.rst, kernel/bpf/devmap.c; "The eXpress Data Path", CoNEXT 2018.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.cost import Step
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.generic_xdp import XDP
from kbview.emulator.kernel.net.taker import Taker
from kbview.emulator.kernel.send.xdp_tx import XdpSender, xdp_action
from kbview.emulator.keys import ScenarioError, meaning
from kbview.packet.frame import Flow, Frame, Protocol
from kbview.tape.vocabulary import DropReason

# Enum members that a packet needs: a look-up in the class costs more than a call.
_XDP = DropReason.XDP

_FLOWS_KNOWN = 65_536
RECEIVED = ("descriptor_read", "first_touch", "xdp_program")


@dataclass(frozen=True, kw_only=True)
class XdpSettings(ApplicationSettings):
    """The hook of an XDP program: the driver, or the stack."""

    xdp_generic: Annotated[
        bool, meaning("whether an XDP program runs only after the sk_buff was built")
    ] = False
    xdp_tx_irq: Annotated[
        bool,
        meaning(
            "whether a frame sent by XDP_TX raises an interrupt (i40e, ice);"
            " mlx5 leaves it to the next poll"
        ),
    ] = False

    def check_together(self) -> None:
        super().check_together()
        if self.xdp_generic and self.forward_at in ("xdp_redirect", "xdp_fib"):
            raise ScenarioError(
                f'xdp_generic = true cannot do forward_at = "{self.forward_at}"; use "xdp_tx" or "ip"'
            )


def completes_with_irq(settings: XdpSettings) -> bool:
    """Whether a frame that an XDP program sent raises an interrupt.

    mlx5e_napi_poll() arms the completion queue of XDP_REDIRECT (xdpsq), not the queue of XDP_TX
    (rq_xdpsq); i40e_xmit_xdp_ring() sets RS in the last descriptor of a frame.
    """
    return settings.xdp_tx_irq or xdp_action(settings) != "tx"


class XdpVerdict(Enum):
    """XDP_PASS: the frame goes to the stack."""

    PASS = auto()


class XdpProgram(ABC):
    """A program; the driver's poll runs it for every frame from the ring."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @abstractmethod
    def run(self, core: Core, frame: Frame) -> Taker | XdpVerdict | None:
        """Decide on a frame: returns the ring that takes it, PASS, or None if it was dropped."""

    def flush(self, core: Core) -> None:  # noqa: B027 - a program that sends nothing has nothing
        """The poll ends: ring the doorbell. The caller yields first if the core is past its horizon."""

    def _tell(self, core: Core, frame: Frame, action: str) -> None:
        self._machine.counts.xdp_ran(core, frame.packet, action)


class XdpDrop(XdpProgram):
    """XDP_DROP for every frame."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._step = machine.prices.sequence(*RECEIVED)

    def run(self, core: Core, frame: Frame) -> None:
        core.spend(self._step, frame.packet)
        self._tell(core, frame, "drop")
        self._machine.books.drop(core, frame, XDP, _XDP)


class XdpForward(XdpProgram):
    """XDP_TX or XDP_REDIRECT for every frame; `extra` are the steps that this adds to the program."""

    def __init__(self, machine: Machine, sender: XdpSender, action: str, *extra: str) -> None:
        super().__init__(machine)
        self._sender = sender
        self._action = action
        self._step = machine.prices.sequence(*RECEIVED, *extra)

    def run(self, core: Core, frame: Frame) -> Taker | XdpVerdict | None:
        return self._sent(core, frame, self._step)

    def _sent(self, core: Core, frame: Frame, step: Step) -> XdpSender:
        core.spend(step, frame.packet)
        self._tell(core, frame, self._action)
        return self._sender

    def flush(self, core: Core) -> None:
        self._sender.flush(core)


class XdpFib(XdpForward):
    """XDP_REDIRECT by the kernel's route table; XDP_PASS for other protocols and for groups."""

    def __init__(self, machine: Machine, sender: XdpSender, fib: Fib) -> None:
        super().__init__(machine, sender, "redirect")
        machine.prices.reserve(["bpf_fib_lookup", *fib.steps, "xdp_redirect"])
        self._fib = fib
        self._steps: dict[Flow, Step | None] = {}

    def run(self, core: Core, frame: Frame) -> Taker | XdpVerdict | None:
        if frame.flow not in self._steps:
            self._learn(frame.flow)
        step = self._steps[frame.flow]
        if step is not None:
            return self._sent(core, frame, step)
        core.spend(self._machine.prices.step("xdp_program"), frame.packet)
        self._tell(core, frame, "pass")
        return XdpVerdict.PASS

    def _learn(self, flow: Flow) -> None:
        if len(self._steps) >= _FLOWS_KNOWN:
            self._steps.clear()
        step = None
        if flow.protocol not in (Protocol.ARP, Protocol.OTHER) and not self._fib.is_group(flow):
            nodes = self._fib.nodes(flow)
            step = self._machine.prices.sequence(*RECEIVED, "bpf_fib_lookup", *nodes, "xdp_redirect")
        self._steps[flow] = step
