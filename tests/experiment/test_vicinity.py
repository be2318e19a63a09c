"""The values around a present one: within the key's limits, of its kind, the present one among them."""

import pytest

from kbview.emulator.keys import DeclaredKey
from kbview.emulator.scenario import Scenario, reference
from kbview.experiment.axis import axis
from kbview.experiment.vicinity import vicinity

KEYS = [(section, key) for section, key in reference() if section]
_, RING = next(pair for pair in KEYS if pair[1].name == "ring")
_, WAIT = next(pair for pair in KEYS if pair[1].name == "moderation_us")


@pytest.mark.parametrize(("section", "key"), KEYS, ids=[key.name for _, key in KEYS])
def test_every_value_is_one_that_the_key_takes(section: str, key: DeclaredKey) -> None:
    plain = Scenario("plain", "")
    present = getattr(getattr(plain, section), key.name)
    told = str(present).lower() if isinstance(present, bool) else present
    values = vicinity(key, told)
    assert len(values) <= 9
    if values:
        name = f"traffic.{key.name}" if section == "traffic" else key.name
        assert list(axis(name, values).values) == values  # none is refused, none twice
    numbers = [value for value in values if not isinstance(value, str)]
    if numbers and present:
        assert present in numbers
        assert numbers == sorted(numbers)


def test_ratios_are_at_most_two_and_rings_stay_powers_of_two() -> None:
    assert vicinity(RING, 1024) == [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]
    assert vicinity(WAIT, 16) == [2, 4, 8, 11.4, 16, 22.4, 32, 64, 128]


def test_a_setting_that_is_off_is_tried_with_small_values_of_its_unit() -> None:
    assert vicinity(WAIT, 0) == [0, 1, 2, 5, 10, 20, 50, 100, 200]
    assert vicinity(RING, 0)[:1] != [0], "a ring has at least one descriptor"
