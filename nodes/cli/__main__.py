"""``python -m nodes.cli``: the command without its installed script."""

from __future__ import annotations

from nodes.cli import main

if __name__ == "__main__":
    main()
