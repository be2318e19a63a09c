"""The Command contract: one subcommand of `kbview`."""

import argparse
from abc import ABC, abstractmethod
from typing import ClassVar


class Command(ABC):
    """Declares its flags and does its work. Heavy imports belong into `run`."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare flags and words."""

    @abstractmethod
    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit code. SourceError is printed by the caller."""
