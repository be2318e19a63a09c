"""The accounts of a core's time, by number: a core books each picosecond to one of them."""

from kbview.tape.events import Account

ACCOUNTS = tuple(Account)
# A constant for each, because compiled code does not look a constant up.
IDLE = 0
HARDIRQ = 1
SOFTIRQ = 2
KSOFTIRQD = 3
SYSCALL = 4
COPY = 5
USER = 6
POLL_USEFUL = 7
POLL_EMPTY = 8


def opened() -> list[int]:
    """The balances of a core that has not run, ps."""
    return [0] * len(ACCOUNTS)


def by_name(booked: list[int]) -> dict[str, int]:
    """The balances by the names of their meters."""
    return {f"{account}_ps": ps for account, ps in zip(ACCOUNTS, booked, strict=True)}
