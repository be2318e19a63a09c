"""Longest prefix match, held against a search through all routes."""

import random
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.protocol.route import Route, RouteTable


def route(text: str, target: str = "") -> Route:
    network = ip_network(text)
    return Route(int(network.network_address), network.prefixlen, target or text)


def longest(routes: list[Route], address: int, width: int) -> Route | None:
    matching = [each for each in routes if (each.prefix ^ address) >> (width - each.length) == 0]
    return max(matching, key=lambda each: each.length, default=None)


def prefixes(width: int) -> st.SearchStrategy[list[Route]]:
    """Few distinct high bits, so that prefixes lie within each other."""

    def made(value: int, length: int) -> Route:
        keep = ((1 << length) - 1) << (width - length)
        return Route(
            value << (width - 8) & keep | value * 0x01010101 & keep, length, f"{value}/{length}"
        )

    return st.lists(st.builds(made, st.integers(0, 255), st.integers(0, width)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(width=st.sampled_from([32, 128]), data=st.data())
def test_it_finds_what_a_search_through_all_finds(width: int, data: st.DataObject) -> None:
    known = {(each.prefix, each.length): each for each in data.draw(prefixes(width))}
    routes = list(known.values())
    table = RouteTable(routes, width)
    addresses = data.draw(st.lists(st.integers(0, (1 << width) - 1), max_size=10))
    addresses += [each.prefix ^ bit for each in routes for bit in (0, 1, 1 << 7, 1 << (width - 9))]
    for address in addresses:
        assert table.lookup(address).route == longest(routes, address, width)


def test_an_ordinary_host() -> None:
    routes = [
        route("0.0.0.0/0", "gateway"),
        route("10.0.0.0/24", "eth0"),
        route("10.0.0.2/32", "local"),
    ]
    table = RouteTable(routes, 32)
    for address, target in (("10.0.0.2", "local"), ("10.0.0.9", "eth0"), ("10.0.1.0", "gateway")):
        found = table.lookup(int(ip_network(address).network_address))
        assert found.route is not None
        assert found.route.target == target
    assert RouteTable([], 32).lookup(1) == (None, 0)
    assert table.lookup(0).levels <= 3


def test_a_table_as_large_as_the_internets_is_a_few_levels_deep() -> None:
    """Mostly /24 to /16, as in BGP tables; half of the addresses asked for are in one of them."""
    generator = random.Random(1)
    routes = []
    for _ in range(50_000):
        length = generator.choice((16, 19, 20, 22, 22, 23, 24, 24, 24, 24))
        routes.append(Route(generator.getrandbits(length) << (32 - length), length, ""))
    table = RouteTable(routes, 32)
    found = [
        table.lookup(generator.choice(routes).prefix | generator.getrandbits(8)) for _ in range(2000)
    ]
    assert all(each.route is not None for each in found)
    assert 2 <= sum(each.levels for each in found) / len(found) <= 7
    one = RouteTable(routes[:1], 32).lookup(routes[0].prefix)
    assert one.levels == 1


@pytest.mark.parametrize(("prefix", "length"), [(1, 24), (1 << 32, 32), (0, 33)])
def test_a_prefix_that_cannot_be(prefix: int, length: int) -> None:
    with pytest.raises(ValueError, match="prefix"):
        RouteTable([Route(prefix, length, "")], 32)
