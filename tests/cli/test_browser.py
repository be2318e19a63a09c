"""`kbview serve` in Chromium without a window: the screen is drawn, and keys and sizes reach kbview."""

import importlib.util
import shutil
from collections.abc import Iterator

import pytest

from tests.cli.browser import Browser, Window
from tests.cli.test_serve import TOKEN, serving

pytestmark = [
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("textual_serve", "PIL")),
        reason="the extras `serve` and `plot` are not installed",
    ),
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in ("chromium", "chromedriver")),
        reason="chromium and chromedriver are not installed (Debian: chromium-driver)",
    ),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as number:
        yield number


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made:
        yield made


def opened(browser: Browser, port: int) -> Window:
    window = browser.window()
    window.open(f"http://127.0.0.1:{port}/?token={TOKEN}")
    window.wait_for("q quit")
    return window


def test_without_the_token_a_browser_gets_a_sentence(browser: Browser, port: int) -> None:
    window = browser.window()
    window.open(f"http://localhost:{port}/")
    assert "open the address that `kbview serve` has printed" in window.run(
        "return document.body.innerText"
    )


def test_the_page_takes_keys_at_once_and_asks_no_other_host(browser: Browser, port: int) -> None:
    browser.complaints()
    window = opened(browser, port)
    assert window.address == f"http://127.0.0.1:{port}/", "the secret leaves the address"
    window.press("t")  # no click before
    window.wait_for("kernel bypassed")
    asked = window.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert asked
    assert all(name.startswith((f"http://127.0.0.1:{port}/", "data:")) for name in asked)
    assert browser.complaints() == []


def test_the_picture_has_the_letters_of_the_screen(browser: Browser, port: int) -> None:
    """The browser draws on a canvas: a letter has two colours there, a blank has one colour."""
    window = opened(browser, port)
    window.press(" ")
    window.press("2")
    window.wait_for("(?i)journey")
    window.press("?")
    window.wait_for("esc")
    letters, drawn, blanks, stained = window.inked()
    assert letters > 200
    assert drawn > 0.98 * letters
    assert stained < 0.02 * blanks


def test_a_window_of_another_size_gets_a_screen_of_that_size(browser: Browser, port: int) -> None:
    window = opened(browser, port)
    narrow = window.screen.columns
    window.resize(1600, 900)
    window.wait_for(rf".{{{narrow + 10},}}\S")
    assert window.screen.columns > narrow


def test_two_windows_are_two_viewers(browser: Browser, port: int) -> None:
    first, second = opened(browser, port), opened(browser, port)
    first.press("t")
    first.wait_for("kernel bypassed")
    second.press("5")
    second.wait_for("(?i)budget")
    assert "bypassed" not in second.text


def test_another_name_of_the_host_leads_to_the_same_server(browser: Browser, port: int) -> None:
    window = browser.window()
    window.open(f"http://localhost:{port}/?token={TOKEN}")
    window.wait_for("q quit")


def test_a_session_that_ended_is_said_and_can_be_begun_again(browser: Browser, port: int) -> None:
    window = opened(browser, port)
    window.press("q")
    ended = "return document.body.classList.contains('-closed')"
    window.wait_until(ended)
    assert window.run("return document.querySelector('.ended').innerText").startswith(
        "The session has ended."
    )
    window.begin_anew()
    window.run("document.querySelector('.ended button').click()")
    window.wait_for("q quit")
