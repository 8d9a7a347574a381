"""What follows from the meaning of a rubric alone: see the README beside."""
