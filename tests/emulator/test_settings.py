"""Settings: each key is declared once, with its meaning and bounds, and refused in one line."""

import pytest

from kbview.emulator.keys import DeclaredKey, ScenarioError
from kbview.emulator.scenario import Scenario, override, parse, reference

KEYS = reference()
NUMBERS = [(section, key) for section, key in KEYS if key.limits is not None]
BARE = Scenario("bare", "nothing set")


def names(rows: list[tuple[str, DeclaredKey]]) -> list[str]:
    return [f"{section}.{key.name}".lstrip(".") for section, key in rows]


@pytest.mark.parametrize(("section", "key"), KEYS, ids=names(KEYS))
def test_every_key_says_what_it_means_and_what_it_may_be(section: str, key: DeclaredKey) -> None:
    assert len(key.meaning.split()) >= 2
    free_text = section == "" and key.name in ("name", "summary", "datapath", "profile")
    assert key.bounds or free_text


def test_no_key_is_declared_twice() -> None:
    settings = [key.name for section, key in KEYS if section == "settings"]
    assert len(settings) == len(set(settings)) > 70
    assert not set(settings) & {key.name for section, key in KEYS if section == "traffic"}


@pytest.mark.parametrize(("section", "key"), NUMBERS, ids=names(NUMBERS))
def test_numbers_are_bounded_on_both_sides(section: str, key: DeclaredKey) -> None:
    assert key.limits is not None
    name = f"{section}.{key.name}".lstrip(".")
    for value in (key.limits[0] - 1, 10**30, 16**800):
        text = hex(value) if isinstance(value, int) and value > 0 else str(value)
        if key.name == "closed_ports":
            text = f"[{text}]"
        with pytest.raises(ScenarioError, match=f"^{key.name} = .* is out of range; use ") as caught:
            override(BARE, [(name, text)])
        assert len(str(caught.value)) < 120


def test_the_default_of_every_key_lies_inside_its_bounds() -> None:
    for _, key in KEYS:
        key.check(key.default)


def test_the_order_of_overrides_does_not_matter() -> None:
    """1518-byte frames at 10 million a second fit no link of 100 Gb/s, and 64-byte frames do."""
    long = override(BARE, [("size", "1518"), ("rate_pps", "8e6")])
    changes = [("rate_pps", "1e8"), ("size", "64")]
    assert override(long, changes) == override(long, changes[::-1])
    with pytest.raises(ScenarioError, match="carries"):
        override(long, changes[:1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 900, "nested too deeply"),
        ("seed = " + "9" * 5000, "not TOML: Exceeds the limit (4300 digits)"),
        ("seed = 0x" + "f" * 900, "a number of more than 1083 digits is out of range"),
        ("x" * 900 + " = 1", "unknown key xxx"),
        ('settings = {app = "\\u001b[2J"}', r'app = "\x1b[2J" is unknown'),
    ],
)
def test_toml_of_silly_depth_or_length_is_refused_in_a_short_line(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(f'name = "a"\nsummary = "b"\n{text}\n', "silly.toml")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_value_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ScenarioError, match="nested too deeply"):
        override(BARE, [("ring", "[" * 900)])
