"""One nation's sensor node: detections in, track reports out."""
