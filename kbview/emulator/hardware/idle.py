"""Idle states: the longer a core expects to idle, the deeper it sleeps and the longer it takes to wake.

    state   worth it from   beyond C1, to wake        Linux: drivers/idle/intel_idle.c, bdw_cstates
    C1        2 us            -
    C1E      20 us          c1e_exit                  and drivers/cpuidle/governors/menu.c
    C3      100 us          c3_exit
    C6      166 us          c6_exit

The expected idle time stands for the correction factors of the menu governor: a moving average of the
idle times, in which the latest weighs an eighth. A core that idles past a tick is examined again and
sleeps deepest. The way out of C1 is part of `msix_delivery` and `idle_exit`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kbview.emulator.cost import Prices

US_PS = 1_000_000
TICK_PS = 4_000 * US_PS  # HZ=250
DECAY = 8  # menu.c


class IdleState(NamedTuple):
    """A state for at least `residency_ps` of idle time; `exit_ps` is the wake-up time beyond C1."""

    name: str
    residency_ps: int
    exit_ps: int


STATES = {"C1": 0, "C1E": 20, "C3": 100, "C6": 166}  # target residency, microseconds


def idle_states(prices: Prices, deepest: str) -> tuple[IdleState, ...]:
    """The states down to `deepest` (processor.max_cstate), shallowest first."""
    names = [*STATES][: [*STATES].index(deepest) + 1]
    return tuple(
        IdleState(
            name,
            STATES[name] * US_PS,
            prices.step(f"{name.lower()}_exit").cost_ps if name != "C1" else 0,
        )
        for name in names
    )


class Governor:
    """The governor of a core: it chooses a state by the idle time that it expects."""

    def __init__(self, states: Sequence[IdleState]) -> None:
        self._states = states
        self.expected_ps = 0  # the core was busy until now

    def wake(self, idled_ps: int) -> int:
        """The core wakes after `idled_ps`; returns the wake-up time beyond C1, ps."""
        expected_ps = self.expected_ps if idled_ps < TICK_PS else idled_ps
        self.expected_ps += (idled_ps - self.expected_ps) // DECAY
        exit_ps = 0
        for state in self._states:
            if state.residency_ps > expected_ps:
                break
            exit_ps = state.exit_ps
        return exit_ps
