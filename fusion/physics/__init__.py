"""Geodesy, gravity, air and motion."""
