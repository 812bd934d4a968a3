"""Sensor models: what each kind can see, and with what errors."""

from nodes.scenario.sensors.sensor import Sensor

__all__ = ["Sensor"]
