"""The application: what is done with a packet once it is there. How it gets there is the datapath's."""

from kbview.emulator.hardware.machine import Machine


class Sink:
    """Looks at the packet and forgets it. `step` is what that costs for each."""

    name = "sink"

    def __init__(self, machine: Machine) -> None:
        self.step = machine.prices.step("app_work")


Application = Sink
