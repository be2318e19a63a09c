"""Laws of TCP that the model must obey: window over round trip, slow start, loss and throughput."""

from math import sqrt

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.protocol.tcp.sender import SendSide
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.tcp_clients import Clients
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail
from tests.emulator.running import CALIBRATION

MSS = 1460
S_PS = 10**12
HOST_US = 250  # the longest that the host takes for an ACK: out of C6, hardirq to recv


class Upload:
    """A client that sends without end to the kernel's sink; `sender` is its sending side."""

    def __init__(self, *, rtt_us: float, gro: bool, rcvbuf: int, loss: float = 0.0) -> None:
        settings = Settings(
            app="sink",
            cores=2,
            queues=1,
            gro=gro,
            tcp_rcvbuf=rcvbuf,
            request=1 << 36,
            response=0,
        )
        traffic = Traffic(pattern="tcp", flows=1, rtt_us=rtt_us, connections=1, loss=loss)
        connect = traffic.peer(1, settings)
        assert connect is not None
        self._peers: list[Clients] = []

        def noted(nic: Nic) -> Peer:
            peer = connect(nic)
            assert isinstance(peer, Clients)
            self._peers.append(peer)
            return peer

        self._made = Emulation(
            profile.load(CALIBRATION), settings, SYNTHETIC_HOST, iter(()), "kernel", noted
        )
        self._made.recorder.detail = Detail.METERS

    def advance(self, seconds: float) -> None:
        """Run until this time."""
        self._made.advance(round(seconds * S_PS))

    @property
    def sender(self) -> SendSide:
        """The sending side of the only connection."""
        (connection,) = self._peers[0].connections()
        return connection.tcb.sender

    def rate(self, since: float, until: float, parts: int = 20) -> float:
        """Acknowledged bytes a second between two times; each part is less than the sequence space."""
        self.advance(since)
        before, total = self.sender.snd_una, 0
        for part in range(1, parts + 1):
            self.advance(since + (until - since) * part / parts)
            total += (self.sender.snd_una - before) % (1 << 32)
            before = self.sender.snd_una
        return total / (until - since)


@pytest.mark.parametrize("gro", [True, False])
@pytest.mark.parametrize("rtt_us", [5_000, 50_000])
@pytest.mark.parametrize("rcvbuf", [131_072, 1 << 20])
def test_a_window_is_carried_in_each_round_trip(gro: bool, rtt_us: float, rcvbuf: int) -> None:
    """RFC 7323, 1.1: throughput is the window over the round-trip time.

    The window is half of the receive buffer, and its whole segments are sent; the last of them may wait
    for the next round. A round trip is that of the network and at most 250 us of the host.
    """
    upload = Upload(rtt_us=rtt_us, gro=gro, rcvbuf=rcvbuf)
    rtt = rtt_us / 1e6
    rate = upload.rate(20 * rtt, 60 * rtt)
    segments = rcvbuf // 2 // MSS
    assert rate <= rcvbuf / 2 / rtt
    assert rate >= (segments - 1) * MSS / (rtt + HOST_US / 1e6)


@pytest.mark.parametrize("gro", [True, False])
def test_slow_start_doubles_in_each_round_trip(gro: bool) -> None:
    """RFC 5681, 3.1 with RFC 3465: each acknowledged byte adds one, in however few ACKs it comes.

    RFC 6928: the first round trip carries 10 segments, so n round trips carry 10 (2**n - 1). The
    delayed ACK of a last segment may be missing.
    """
    upload = Upload(rtt_us=20_000, gro=gro, rcvbuf=64 << 20)
    upload.advance(0.019)
    first = upload.sender.snd_una + 1
    for rounds in range(1, 8):
        upload.advance(0.020 * rounds + 0.018)
        sent = (upload.sender.snd_nxt - first) / MSS
        assert sent == pytest.approx(10 * (2**rounds - 1), abs=rounds)
    assert upload.sender.expiries == 0


@pytest.mark.parametrize("gro", [True, False])
def test_throughput_follows_the_square_root_of_loss(gro: bool) -> None:
    """Mathis et al. 1997: rate = C * MSS / (RTT * sqrt(p)), with C from 0.87 to 1.22.

    A window that grows by a segment in a round trip and is halved at a loss has C = sqrt(3 / 2), 1.22.
    Where an ACK for two segments counts once it is sqrt(3 / 4), 0.87. Random losses add 7 %: 1.31.
    At p = 0.5 % some 200 losses fall into 50 s. A loss halves a window, so the spread of the mean is
    about half of 1 / sqrt(200), 3.5 %; three of them are the tolerance.
    """
    loss, rtt = 0.005, 0.020
    upload = Upload(rtt_us=rtt * 1e6, gro=gro, rcvbuf=8 << 20, loss=loss)
    constant = upload.rate(2, 52) * rtt * sqrt(loss) / MSS
    assert 0.87 * 0.9 < constant < 1.31 * 1.1
