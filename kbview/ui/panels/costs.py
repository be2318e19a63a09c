"""Costs: nanoseconds per delivered packet, step by step, the dearest first."""

from kbview.state.budget import of_arrived
from kbview.state.state import State
from kbview.ui import format as fmt
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, bar, cut, fit

_NAME, _NUMBER, _MOST_BAR = 20, 9, 30


class CostsPanel(Panel):
    """A row a step."""

    name = "costs"
    title = "cost a delivered packet"
    help = (
        (
            "a delivered packet",
            (
                "time that cores spent on the step over the last second, divided by the packets "
                "that were delivered; a step paid once a poll is shared by the poll's packets"
            ),
        ),
        ("arrived 250 ns", "the same time for each frame that arrived; told where many were lost"),
        ("bar", "the step's share of all of it"),
    )
    needs = frozenset({"costs"})
    least, weight = 3, 20
    most = 24

    def summary(self, state: State) -> str:
        """All steps together."""
        delivered = state.histories.change("delivered")
        total = sum(cost.total_ps for cost in state.histories.costs().values())
        if not delivered:
            return ""
        recent = state.histories.recent()
        each_ps = of_arrived(total / delivered, recent) if recent else None
        told = "" if each_ps is None else f", arrived {fmt.duration(each_ps)}"
        return f"{fmt.duration(total / delivered)}{told}"

    def body(self, state: State, size: Size) -> list[Row]:
        """As many steps as there are rows."""
        delivered = state.histories.change("delivered")
        costs = sorted(state.histories.costs().items(), key=lambda item: -item[1].total_ps)
        if not delivered or not costs:
            return [[("no packet has been delivered", "faint")]]
        total = sum(cost.total_ps for _, cost in costs) or 1
        room = min(_MOST_BAR, max(0, size.width - _NAME - _NUMBER))
        return [
            [
                *fit([(cut(name, _NAME - 1), "text")], _NAME),
                (f"{fmt.duration(cost.total_ps / delivered):>{_NUMBER - 1}} ", "strong"),
                *bar(cost.total_ps / total, room, "softirq"),
            ]
            for name, cost in costs[: size.height]
        ]
