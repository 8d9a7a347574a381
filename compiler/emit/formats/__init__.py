"""One module per format, each with its `FORMAT`; `FORMATS` has them by name."""

from . import autorubric, healthbench, rewardkit, rubric, verifiers_judge
from .interface import Format, Said, emit, said, text_of

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (healthbench, autorubric, rewardkit, rubric, verifiers_judge)
}

__all__ = ["FORMATS", "Format", "Said", "emit", "said", "text_of"]
