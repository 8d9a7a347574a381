"""Checking certificates by other means than those that made them; see the README beside."""
