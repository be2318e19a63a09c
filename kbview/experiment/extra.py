"""A package that a feature needs and that kbview does not install by itself."""

import shlex
import sys


def missing(feature: str, package: str) -> str:
    """The refusal of a feature: its package, and the command that installs it for this very Python."""
    command = shlex.join([sys.executable, "-m", "pip", "install", package])
    return f"{feature} needs {package}, which is not installed; run: {command}"
