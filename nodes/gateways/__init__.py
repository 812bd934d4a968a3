"""The picture and the warnings in formats that others read."""
