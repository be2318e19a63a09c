"""Real captures that are not part of the project: beside it, or where KBVIEW_TRACES says."""

import os
from pathlib import Path

_BESIDE = Path(__file__).parents[2] / "shared" / "traces"
TRACES = Path(os.environ.get("KBVIEW_TRACES", _BESIDE))
