"""The meaning of what rubrics build on, pinned in a file: see the README beside."""
