"""Sensor models: what each kind can see, and with what errors."""

from nodes.simulation.sensors.sensor import Sensor

__all__ = ["Sensor"]
