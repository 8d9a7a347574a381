"""Where everything lies in the folder of an experiment."""

from dataclasses import dataclass
from pathlib import Path

from .arms import Arm


@dataclass(frozen=True)
class Places:
    """Paths below `out`; every finished job has one result file, written last and whole."""

    out: Path

    def clinic(self, seed: int) -> Path:
        return self.out / f"seed-{seed}"

    def judged(self, seed: int) -> Path:
        """The bundle that reward models are trained on."""
        return self.clinic(seed) / "judged"

    def asked(self, seed: int) -> Path:
        """The bundle that policies start from."""
        return self.clinic(seed) / "asked"

    def shape(self, shape: str) -> Path:
        """The bundle of one reward."""
        return self.out / "rewards" / shape

    def reward_model(self, kind: str, seed: int) -> Path:
        return self.clinic(seed) / "reward_models" / kind

    def start(self, kind: str, seed: int) -> Path:
        return self.clinic(seed) / "starts" / kind

    def result(self, name: str) -> Path:
        return self.out / "results" / f"{name}.json"

    def of_arm(self, arm: Arm) -> Path:
        return self.result(arm.name)
