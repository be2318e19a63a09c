"""Cores: where the time goes, a row a core, a letter and a colour for each account."""

from kbview.state.state import State
from kbview.tape.events import Account
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size

# account: its letter, its style, its name on the screen
_LETTERS: dict[Account, tuple[str, str, str]] = {
    Account.HARDIRQ: ("h", "hardirq", "hardirq"),
    Account.SOFTIRQ: ("s", "softirq", "softirq"),
    Account.KSOFTIRQD: ("k", "ksoftirqd", "ksoftirqd"),
    Account.SYSCALL: ("y", "syscall", "syscall"),
    Account.COPY: ("c", "copy", "copy"),
    Account.USER: ("u", "user time", "user"),
    Account.POLL_USEFUL: ("P", "poll_useful", "useful poll"),
    Account.POLL_EMPTY: ("e", "poll_empty", "empty poll"),
    Account.IDLE: ("·", "idle", "idle"),
}
_NAME, _NUMBERS = 6, 14
_RECEIVING = (Account.HARDIRQ, Account.SOFTIRQ, Account.KSOFTIRQD, Account.POLL_USEFUL)
_FOR_READERS = (Account.SYSCALL, Account.COPY, Account.USER)


class CoresPanel(Panel):
    """Letters in proportion to the time; busy and useful are different numbers."""

    name = "cores"
    title = "cores"
    help = (
        ("busy", "share of the core's time that is not idle, over the last second"),
        (
            "useful",
            (
                "work for packets that were delivered: time in system calls, copies and user code, and "
                "the delivered share of the receiving work; not empty polls: "
                + DEFINITIONS["empty_polls"]
            ),
        ),
        ("hardirq, softirq", "interrupt handlers, and net_rx_action at their tail"),
        ("ksoftirqd", "the same work as a thread, when the softirq loop hit its limit"),
        ("syscall, copy", "the kernel on the application's behalf, and copying payload for it"),
    )
    needs = frozenset({"cores"})
    least, weight = 3, 10

    def summary(self, state: State) -> str:
        """What the two numbers of each row are."""
        del state
        return "busy useful"

    def body(self, state: State, size: Size) -> list[Row]:
        """A row a core, and the letters in use."""
        recent = state.histories.recent()
        shares = recent.shares() if recent else []
        if not shares:
            return [[("no time has been measured yet", "faint")]]
        legend = _legend(shares, size.width)[: max(0, size.height - 1)]
        room = size.height - len(legend)
        shown = len(shares) if len(shares) <= room else max(1, room - 1)
        cores, kept = state.meters.cores, _kept(state)
        rows = [_core(cores[at].cpu, shares[at], kept, size.width) for at in range(shown)]
        if shown < len(shares):
            rows.append([(f"and {len(shares) - shown} more", "dim")])
        return [*rows[:room], *legend]


def _core(cpu: int, shares: dict[Account, float], kept: float, width: int) -> Row:
    row: Row = [(f"cpu{cpu}".ljust(_NAME), "text")]
    if not any(shares.values()):
        return [*row, ("its time is unknown", "faint")]
    for account, cells in _portions(shares, max(0, width - _NAME - _NUMBERS)).items():
        letter, style, _ = _LETTERS[account]
        row.append((letter * cells, style))
    busy = 1 - shares[Account.IDLE]
    receiving = sum(shares[account] for account in _RECEIVING)
    useful = kept * receiving + sum(shares[account] for account in _FOR_READERS)
    return [*row, (f" {fmt.percent(busy):>6}", "strong"), (f" {fmt.percent(useful):>6}", "text")]


def _kept(state: State) -> float:
    """The delivered share of the packets that left the stack over the last columns, 0..1."""
    delivered, dropped = state.histories.change("delivered"), state.histories.change("dropped")
    return delivered / (delivered + dropped) if delivered + dropped else 1.0


def _portions(shares: dict[Account, float], width: int) -> dict[Account, int]:
    """Whole cells for each account, `width` in all: the largest remainders are rounded up."""
    exact = {account: shares[account] * width for account in _LETTERS}
    cells = {account: int(share) for account, share in exact.items()}
    owed = sorted(exact, key=lambda account: cells[account] - exact[account])
    for account in owed[: max(0, width - sum(cells.values()))]:
        cells[account] += 1
    return cells


def _legend(shares: list[dict[Account, float]], width: int) -> list[Row]:
    """The letters of the accounts that took a hundredth of some core's time, in rows."""
    rows: list[Row] = [[]]
    room = width
    for account, (letter, style, name) in _LETTERS.items():
        if all(core[account] < 0.01 for core in shares):
            continue
        if room < len(name) + 4:
            rows.append([])
            room = width
        rows[-1] += [(letter, style), (f" {name}  ", "dim")]
        room -= len(name) + 4
    return rows
