"""What an editor asks about a rubric: pure functions from a workspace and a place to data."""
