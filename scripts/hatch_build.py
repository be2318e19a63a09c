"""Hatch's hook: KBVIEW_COMPILE=1 adds the emulator, compiled by mypyc, to the modules of a wheel."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledEmulator(BuildHookInterface):
    """Adds the extension modules of scripts/native.py to the wheel."""

    PLUGIN_NAME = "custom"

    @property
    def _wanted(self) -> bool:
        return self.target_name == "wheel" and os.environ.get("KBVIEW_COMPILE") == "1"

    def dependencies(self) -> list[str]:
        """The packages that pip installs for the build alone."""
        return ["mypy>=1.19", "setuptools>=70"] if self._wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the additional files of the wheel; `version` is standard or editable."""
        if not self._wanted or version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "scripts"))
        import native

        # Not in the checkout: it may be read-only, and tests may run on modules compiled there.
        folder = Path(tempfile.mkdtemp(prefix="kbview-wheel-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        native.build(folder)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update(
            {str(path): str(path.relative_to(folder)) for path in native.products(folder)}
        )
