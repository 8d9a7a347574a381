"""Which version has to follow from changes."""

from .change import Change, Step, largest

Version = tuple[int, int, int]


def parsed(version: str) -> Version:
    """Three numbers. Raises `ValueError` for a text that is no version."""
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)


def next_version(old: str, step: Step) -> str:
    """The least version that takes the step.

    Before 1.0.0 nothing is promised yet: a major step moves the second number, any other the third.
    """
    major, minor, patch = parsed(old)
    if major == 0:
        return f"0.{minor + 1}.0" if step == "major" else f"0.{minor}.{patch + 1}"
    steps = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }
    return "{}.{}.{}".format(*steps[step])


def needed(old: str, found: tuple[Change, ...]) -> str:
    """The least version that these changes allow; the old one without any."""
    step = largest(found)
    return old if step is None else next_version(old, step)


def is_enough(new: str, least: str) -> bool:
    """Whether a version is the least one or a later one."""
    return parsed(new) >= parsed(least)
