"""The package's build hook: builds the picture page, so that whoever installs needs no Node.js."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs nodes/page/build.py before a wheel is packed, editable ones included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; the bundle is picked up through the wheel target's ``artifacts``.

        An editable installation shows what ``python -m nodes.page.build`` makes, now or later.
        """
        if self.target_name != "wheel" or version == "editable":
            return
        path = Path(self.root) / "nodes/page/build.py"
        spec = importlib.util.spec_from_file_location("page_build", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build(Path(self.root))
