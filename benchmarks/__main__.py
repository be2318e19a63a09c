"""All benchmarks: `python -m benchmarks`."""

import sys

from benchmarks import emulator

sys.exit(emulator.main())
