"""Checking many files: on all processors, and only what has changed since the last time."""
