"""The flows of datagrams that have their socket: runs of reads ask whether another socket may fill."""

from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Flow


class PlacedFlows:
    """The flows in one table of sockets; the machine counts the flows of all tables."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._count = 0

    def place(self, flows: set[Flow], flow: Flow) -> None:
        """Datagrams of a flow go to the socket with these flows from now on."""
        if flow not in flows:
            flows.add(flow)
            self._count += 1
            self._machine.placed_flows += 1

    def are_all(self, flows: set[Flow]) -> bool:
        """Whether all known arrivals for this table are of these flows, a socket's.

        A flow without a socket counts against it. So does the other host of a closed loop.
        """
        machine = self._machine
        placed = machine.placed_flows == machine.nic.port.known
        return placed and self._count == len(flows) and machine.peer is None
