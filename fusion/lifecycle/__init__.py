"""The life of shared tracks: birth, confirmation, coasting, merge, drop.

Everything here happens at moments that the reports themselves set: at a report's time, or when the
reports' time passes a whole second (`sweep`). No clock is read.
"""
