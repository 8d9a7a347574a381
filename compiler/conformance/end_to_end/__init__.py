"""Stacks that run whole: their own loop, a small model on this machine, and the emitted files."""
