"""The numbers of a core's accounts."""

from kbview.emulator.hardware import account
from kbview.tape.events import Account


def test_each_account_has_its_number() -> None:
    """A constant that compiled code does not look up is the place of its member in the enumeration."""
    assert {name: getattr(account, name) for name in Account.__members__} == {
        name: place for place, name in enumerate(Account.__members__)
    }
