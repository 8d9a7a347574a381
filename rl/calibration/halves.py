"""Held-out prompts in two halves: one sets what the other measures."""

import hashlib

_SALT = b"rubricc calibration half\n"


def sets_thresholds(prompt_id: str) -> bool:
    """Whether a prompt is in the calibration half; the others are in the evaluation half.

    The prompt's id alone decides, so that a prompt is on one side in every bundle and for good.
    """
    return hashlib.sha256(_SALT + prompt_id.encode()).digest()[0] % 2 == 0
