"""TCP's states as a diagram: the state that a connection entered last stands in brackets.

open     LISTEN▸SYN-RECEIVED▸[ESTABLISHED] 12
peer     CLOSE-WAIT▸LAST-ACK▸CLOSED 3           the peer's FIN came first
host     FIN-WAIT-1▸FIN-WAIT-2▸TIME-WAIT        this host's FIN went first
"""

from itertools import chain

from kbview.state.connections import Connections
from kbview.ui import format as fmt
from kbview.ui.row import Row, Size

_WAYS = (
    ("open", ("LISTEN", "SYN-RECEIVED", "ESTABLISHED")),
    ("peer", ("CLOSE-WAIT", "LAST-ACK", "CLOSED")),
    ("host", ("FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT")),
)
_SELDOM = (("join", ("SYN-SENT", "ESTABLISHED")), ("both", ("CLOSING", "TIME-WAIT")))
LEAST = Size(47, 4)


def draw(connections: Connections, size: Size) -> list[Row]:
    """The rows; none where there is no room for them, or no change of a state is remembered."""
    counts = connections.counts()
    if not counts or size.width < LEAST.width or size.height < LEAST.height:
        return []
    seldom = [way for way in _SELDOM if counts[way[1][0]]]
    return [_way(name, states, connections) for name, states in chain(_WAYS, seldom)]


def _way(name: str, states: tuple[str, ...], connections: Connections) -> Row:
    counts = connections.counts()
    row: Row = [(f"{name} ", "dim")]
    for at, state in enumerate(states):
        lit = state == connections.latest
        row.append(("▸" if at else "", "faint"))
        row.append((f"[{state}]" if lit else state, "marker" if lit else "text"))
        if counts[state]:
            row.append((f" {fmt.quantity(counts[state])}", "strong"))
    return row
