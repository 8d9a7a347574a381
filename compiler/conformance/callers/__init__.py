"""A caller for each stack, by the name of its target."""

from collections.abc import Callable
from pathlib import Path

from .base import Caller, Got
from .by_group import Art, MsSwift, NemoRL, Slime, Tinker
from .episodes import OpenEnv, Verifiers
from .evaluation import Inspect, LmEval
from .one_at_a_time import OpenRLHF, SkyRL, Verl
from .promptfoo import Promptfoo
from .trl import Trl, Unsloth

CALLERS: dict[str, Callable[[Path, Path], Caller]] = {
    "trl": Trl,
    "verl": Verl,
    "openrlhf": OpenRLHF,
    "slime": Slime,
    "skyrl": SkyRL,
    "ms-swift": MsSwift,
    "nemo-rl": NemoRL,
    "unsloth": Unsloth,
    "art": Art,
    "tinker": Tinker,
    "verifiers": Verifiers,
    "openenv": OpenEnv,
    "inspect": Inspect,
    "promptfoo": Promptfoo,
    "lm-eval": LmEval,
}

__all__ = ["CALLERS", "Caller", "Got"]
