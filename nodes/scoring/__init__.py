"""Recordings against truth."""
