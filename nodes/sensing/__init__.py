"""What a sensor is and what a scan is; no truth in it."""
