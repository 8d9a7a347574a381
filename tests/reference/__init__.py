"""A slow, obvious model of what a rubric means, to hold against the runtime."""
