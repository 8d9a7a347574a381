"""The one error that training raises for what its caller can put right."""


class TrainingError(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
