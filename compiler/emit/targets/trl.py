"""TRL: what the bundle has for it anyway, as one name."""

from .interface import Target

TARGET = Target(
    name="trl",
    package="trl",
    least="1.6",
    setting="trl/none",
    tier_setting="trl/normalize_then_sum",
    whole_groups=True,
    failure="dropped",
    parts=("ir", "reward", "reward_model", "grpo"),
)
