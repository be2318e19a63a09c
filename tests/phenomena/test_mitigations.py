"""What defences against speculation cost is paid at the wall, so who does not cross it does not pay.

Linux Documentation/admin-guide/hw-vuln/spectre.rst. The profile's numbers are recalled; where they show
is not.
"""

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters

DURATION_PS = 8 * 10**9


def run(name: str, datapath: str, **settings: object) -> Meters:
    """The meters after some milliseconds of more than a reader can take."""
    made = Settings(wait="read", **settings)  # type: ignore[arg-type]
    traffic = Traffic(rate_pps=2e6).chunks(1)
    emulation = Emulation(profile.load(name), made, SYNTHETIC_HOST, traffic, datapath)
    emulation.advance(DURATION_PS)
    return emulation.sample().meters


def test_each_system_call_pays() -> None:
    """30 to 100 ns a call (CALIBRATION 1b): one datagram a call, so one core reads fewer."""
    on, off = run("modern", "kernel"), run("modern-off", "kernel")
    assert off.delivered > 1.05 * on.delivered
    dearer_ps = DURATION_PS / on.delivered - DURATION_PS / off.delivered
    assert 30_000 < dearer_ps < 100_000


def test_calls_shared_by_a_batch_pay_less() -> None:
    """recvmmsg(2): a call for up to 32 datagrams."""
    lost = []
    for call in ("recv", "recvmmsg"):
        on, off = (run(name, "kernel", recv_call=call) for name in ("modern", "modern-off"))
        lost.append(1 - on.delivered / off.delivered)
    assert lost[1] < 0.2 * lost[0], lost


def test_polling_in_user_space_pays_nothing() -> None:
    """No system call, no interrupt: not a picosecond."""
    on, off = run("modern", "dpdk"), run("modern-off", "dpdk")
    assert on == off
    assert on.syscalls == 0
