"""Judges: from prompt, answer and criteria to verdict sheets. Importing this loads no framework."""
