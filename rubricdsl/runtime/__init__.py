"""From verdicts to reward: the part of the language that an emitted reward module carries."""
