"""Cores: where the time goes, a row a core, a letter and a colour for each account."""

from kbview.state.state import State
from kbview.tape.events import Account
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui.budget_rows import TOO_SHORT
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, length

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
        ("+2 less busy", "cores without a row: the rows are for the busiest"),
        ("hardirq, softirq", "interrupt handlers, and net_rx_action at their tail"),
        ("ksoftirqd", "the same work as a thread, when the softirq loop hit its limit"),
        ("syscall, copy", "the kernel on the application's behalf, and copying payload for it"),
    )
    needs = frozenset({"cores"})
    least, weight = 3, 10
    most = 12

    def summary(self, state: State) -> str:
        """What the two numbers of each row are."""
        del state
        return "busy useful"

    def body(self, state: State, size: Size) -> list[Row]:
        """A row for each of the busiest cores, and below them the letters in use."""
        recent = state.histories.recent()
        if recent is None:
            return [[(TOO_SHORT, "faint")]]
        shares = recent.shares()
        if not shares:
            return [[("no time has been measured yet", "faint")]]
        busiest = sorted(range(len(shares)), key=lambda at: -_busy(shares[at]))
        legend = _legend(shares, size.width)
        room = size.height - min(len(legend), max(1, size.height - len(shares)))
        shown = sorted(busiest[: max(1, room)])
        hidden = len(shares) - len(shown)
        if hidden:
            legend = _legend(shares, size.width, f"+{hidden} less busy  ")
        cores, kept = state.meters.cores, _kept(state)
        rows = [_core(cores[at].cpu, shares[at], kept, size.width) for at in shown]
        return [*rows, *legend][: size.height]


def _core(cpu: int, shares: dict[Account, float], kept: float, width: int) -> Row:
    row: Row = [(f"cpu{cpu}".ljust(_NAME), "text")]
    if not any(shares.values()):
        return [*row, ("its time is unknown", "faint")]
    for account, cells in _portions(shares, max(0, width - _NAME - _NUMBERS)).items():
        letter, style, _ = _LETTERS[account]
        row.append((letter * cells, style))
    busy = _busy(shares)
    receiving = sum(shares[account] for account in _RECEIVING)
    useful = kept * receiving + sum(shares[account] for account in _FOR_READERS)
    return [*row, (f" {fmt.percent(busy):>6}", "strong"), (f" {fmt.percent(useful):>6}", "text")]


def _busy(shares: dict[Account, float]) -> float:
    """The share of a core's time that is not idle; 0 where its time is unknown."""
    return sum(share for account, share in shares.items() if account != Account.IDLE)


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


def _legend(shares: list[dict[Account, float]], width: int, before: str = "") -> list[Row]:
    """The letters of the accounts that took a hundredth of some core's time, the largest first."""
    most = {account: max(core[account] for core in shares) for account in _LETTERS}
    used = [account for account in _LETTERS if most[account] >= 0.01 and account != Account.IDLE]
    used.sort(key=lambda account: -most[account])
    rows: list[Row] = [[(before, "dim")] if before else []]
    for account in [*used, Account.IDLE]:
        letter, style, name = _LETTERS[account]
        if length(rows[-1]) + len(name) + 2 > width:
            rows.append([])
        rows[-1] += [(letter, style), (f" {name}  ", "dim")]
    return rows
