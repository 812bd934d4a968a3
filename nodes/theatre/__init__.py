"""Theatres drawn at random: distributions and a seed in, a scenario file out, the same bytes everywhere.

from nodes.theatre import draw
text = draw("sea", seed=3)      # a scenario file's text
"""

from nodes.theatre.draw import draw, drawn
from nodes.theatre.read import kinds

__all__ = ["draw", "drawn", "kinds"]
