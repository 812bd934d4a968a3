"""Sensor models: what each kind can see, and with what errors."""

from nodes.simulation.sensors.sensor import SimulatedScan, SimulatedSensor

__all__ = ["SimulatedScan", "SimulatedSensor"]
