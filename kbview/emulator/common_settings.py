"""The settings that every datapath may read: machine, application, kernel and TCP."""

from dataclasses import dataclass

from kbview.emulator.bypass.mempool import MempoolSettings
from kbview.emulator.engine import US_PS
from kbview.emulator.kernel.call.accept import ServerSettings
from kbview.emulator.kernel.call.generate import GenerateSettings
from kbview.emulator.kernel.device.busy_poll import BusyPollSettings
from kbview.emulator.kernel.device.dim import AdaptiveSettings
from kbview.emulator.kernel.device.xdp_match import MatchSettings
from kbview.emulator.kernel.net.fib import FibSettings
from kbview.emulator.kernel.net.listen import ListenSettings
from kbview.emulator.kernel.net.netfilter import NetfilterSettings
from kbview.emulator.kernel.send.xmit import QdiscSettings
from kbview.emulator.kernel.softirq import SoftirqSettings
from kbview.emulator.keys import ScenarioError

__all__ = ["US_PS", "CommonSettings", "ScenarioError"]


@dataclass(frozen=True, kw_only=True)
class CommonSettings(
    MempoolSettings,
    GenerateSettings,
    ListenSettings,
    ServerSettings,
    QdiscSettings,
    FibSettings,
    NetfilterSettings,
    MatchSettings,
    AdaptiveSettings,
    BusyPollSettings,
    SoftirqSettings,
):
    """One base class for each mechanism. A datapath reads the keys of its own mechanisms."""
