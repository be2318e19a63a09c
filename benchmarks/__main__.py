"""All benchmarks: `python -m benchmarks`."""

import sys

from benchmarks import capture, emulator, ring, seek, tape, watching

sys.exit(
    max(emulator.main(), capture.main(), seek.main(), tape.main(), ring.main([]), watching.main([]))
)
