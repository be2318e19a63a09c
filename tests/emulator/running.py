"""Emulations that tests run: built, run to their end, or measured over a stretch of steady state."""

from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.experiment.growth import growth
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.meter import Meters

CALIBRATION = "xdp18"
NO_TRAFFIC = Traffic(frames=0)
US_PS = 1_000_000


def emulation(
    datapath: str,
    settings: Settings,
    offered: Traffic = NO_TRAFFIC,
    detail: Detail = Detail.METERS,
    calibration: str = CALIBRATION,
) -> Emulation:
    """An emulation of the offered traffic with seed 1, or of the peer of a closed loop."""
    made = Emulation(
        profile.load(calibration),
        settings,
        SYNTHETIC_HOST,
        offered.chunks(1),
        datapath,
        offered.peer(1, settings),
    )
    made.recorder.detail = detail
    return made


def ended(
    datapath: str,
    settings: Settings,
    offered: Traffic = NO_TRAFFIC,
    detail: Detail = Detail.METERS,
    calibration: str = CALIBRATION,
) -> Emulation:
    """An emulation after its last frame has left the machine."""
    made = emulation(datapath, settings, offered, detail, calibration)
    made.advance(NEVER_PS)
    assert made.ended
    return made


def finished(
    datapath: str,
    settings: Settings,
    offered: Traffic = NO_TRAFFIC,
    detail: Detail = Detail.METERS,
    calibration: str = CALIBRATION,
) -> Meters:
    """The meters at the end of an emulation, in which every frame is accounted for."""
    meters = ended(datapath, settings, offered, detail, calibration).sample().meters
    assert meters.conserved()
    return meters


def at_both_details(
    datapath: str, settings: Settings, offered: Traffic = NO_TRAFFIC
) -> tuple[Meters, Meters]:
    """The meters at the end of an emulation without and with its steps told."""
    coarse, fine = (
        finished(datapath, settings, offered, detail) for detail in (Detail.METERS, Detail.STEPS)
    )
    return coarse, fine


def told(datapath: str, settings: Settings, offered: Traffic = NO_TRAFFIC) -> list[Event]:
    """All events of an emulation, steps included, without the samples."""
    return ended(datapath, settings, offered, Detail.STEPS).release()


def after(us: int, made: Emulation) -> Meters:
    """The meters after `us` microseconds of an emulation that may go on."""
    made.advance(us * US_PS)
    meters = made.sample().meters
    assert meters.conserved()
    return meters


def stretch(made: Emulation, warmup_us: float, us: float) -> Meters:
    """The growth of the meters in `us` microseconds of steady state, after a warm-up."""
    before_ps = round(warmup_us * US_PS)
    made.advance(before_ps)
    before = made.sample().meters
    made.advance(before_ps + round(us * US_PS))
    return growth(made.sample().meters, before)
