"""A slow line: 200x55 at 64 kbit/s and 200 ms, behind buffers that take a quarter of a megabyte."""

from benchmarks.slow_line import KEYS, SlowTerminal

UNDER_WAY = 32 << 10  # half a second of the line, and the largest screen that follows
LIMIT_S = 10.0  # three by `benchmarks.slow_line` on a machine that does nothing else


def test_frames_do_not_queue_keys_are_seen_and_no_answer_is_left_for_the_shell() -> None:
    with SlowTerminal(("overload-udp",)) as terminal:
        terminal.wait_for("q quit")
        terminal.press("*")
        terminal.read(8)
        played = len(terminal.output)
        for key, text in KEYS[:4]:
            assert terminal.until(key, text) < LIMIT_S, key
        assert played > 8 * 2000, "frames are sent all the time"
        assert terminal.most < UNDER_WAY
        assert terminal.until_left() < LIMIT_S
        assert terminal.process.returncode == 0
        assert terminal.unheard == "", "the shell would take late answers for keys"


def test_over_ssh_a_line_that_leaves_frames_out_has_ssh_c_suggested_once() -> None:
    with SlowTerminal(("overload-udp",), (80, 24), rate=1500) as terminal:
        terminal.wait_for("q quit")
        terminal.wait_for("ssh -C")
        terminal.wait_for("overload-udp")
        terminal.read(25)
        assert "ssh -C" not in terminal.text


def test_a_line_that_carries_every_frame_has_nothing_suggested() -> None:
    with SlowTerminal(("overload-udp",), (80, 24), rate=100_000) as terminal:
        terminal.wait_for("q quit")
        terminal.read(12)
        assert "ssh -C" not in terminal.output.decode()
