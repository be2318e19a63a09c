"""All benchmarks: `python -m benchmarks`."""

import sys

from benchmarks import capture, emulator, seek

sys.exit(max(emulator.main(), capture.main(), seek.main()))
