"""All benchmarks: `python -m benchmarks`."""

import sys

from benchmarks import capture, emulator

sys.exit(max(emulator.main(), capture.main()))
