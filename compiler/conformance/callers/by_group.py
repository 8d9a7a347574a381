"""Stacks that hand over a batch or a group: slime, ms-swift, NeMo RL, ART, tinker-cookbook."""

import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .base import Got, here, load, stand_in, wait


class Slime:
    """slime is not on a package index: its calls are replayed unless it is importable."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("slime")
        sys.path.insert(0, str(folder))
        self.module = load(folder / "rubric_slime.py", "rubric_slime")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        samples = [self._sample(row, answer) for answer in answers]
        args = SimpleNamespace(custom_rm_path="rubric_slime.custom_rm", reward_key=None)
        if self.real:
            from slime.rollout.rm_hub import batched_async_rm

            rewards = wait(batched_async_rm(args, samples))
        else:
            rewards = wait(self.module.custom_rm(args, samples))
        for sample, reward in zip(samples, rewards, strict=True):
            sample.reward = reward
        raw, centred = self.module.centre(args, samples)
        if any(s.remove_sample and c for s, c in zip(samples, centred, strict=True)):
            raise AssertionError("a sample that was removed has an advantage")
        return [
            Got(value, False, sample.metadata["rubric_numbers"])
            for value, sample in zip(raw, samples, strict=True)
        ]

    def _sample(self, row: dict[str, Any], answer: str) -> Any:
        given = {"prompt": "templated", "response": answer, "label": row["label"],
                 "metadata": dict(row["metadata"]), "group_index": 0}  # fmt: skip
        if self.real:
            from slime.utils.types import Sample

            return Sample(**given)
        return SimpleNamespace(**given, remove_sample=False, reward=None, custom_rm_path=None)


class MsSwift:
    """Its import of plug-in files, its table, and its own computation of rewards."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("swift")
        path = folder / "rubric_ms_swift.py"
        if self.real:
            from swift.rewards import orms
            from swift.utils import import_external_file

            import_external_file(str(path))
            self.orms: dict[str, Any] = orms
        else:
            base = type("ORM", (), {"__init__": lambda self, args=None, **more: None})
            self.orms = {}
            stand_in("swift.rewards", {"ORM": base, "AsyncORM": base, "orms": self.orms})
            load(path, "rubric_ms_swift")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        names = ("rubric", "rubric_safety", "rubric_proficiency", "rubric_excellence")
        functions = [self.orms[name](args=None) for name in names]
        conversations = [
            [*row["messages"], {"role": "assistant", "content": answer}] for answer in answers
        ]
        extra = {name: value for name, value in row.items() if name != "messages"}
        if self.real:
            import torch
            from swift.rl_core.data import GRPOSample
            from swift.rl_core.grpo_algorithm import compute_rewards_per_func

            samples = [
                GRPOSample.from_row({"messages": messages, "prompt_id": "p", "request_id": str(i),
                                     **extra})
                for i, messages in enumerate(conversations)
            ]  # fmt: skip
            table = compute_rewards_per_func(
                samples, functions, [None] * len(functions), torch.device("cpu")
            ).tolist()
        else:
            columns = {name: [value] * len(answers) for name, value in extra.items()}
            more = {"messages": conversations, "trainer_state": None, **columns}
            found = [wait(functions[0](list(answers), **more))]
            found += [function(list(answers), **more) for function in functions[1:]]
            table = [list(values) for values in zip(*found, strict=True)]
        return [Got(line[0], self.real, None, tuple(line[1:])) for line in table]


class NemoRL:
    """NeMo RL is not on a package index: a step of its environments is replayed."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("nemo_rl")
        fields = "observations metadata next_stop_strings rewards terminateds answers"
        if not self.real:
            members = {"EnvironmentInterface": object,
                       "EnvironmentReturn": namedtuple("EnvironmentReturn", fields)}  # fmt: skip
            stand_in("nemo_rl.environments.interfaces", members)
        self.single = here("torch")
        if not self.single:
            stand_in("torch", {"tensor": lambda values, dtype: _List(values),
                               "ones": lambda size: [1.0] * size, "float32": None})  # fmt: skip
        self.module = load(folder / "rubric_nemo_rl.py", "rubric_nemo_rl")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        case = {**row, "prompt": row["messages"]}
        logs = [
            [{"role": "user", "content": "templated"}, {"role": "assistant", "content": answer}]
            for answer in answers
        ]
        scorer = self.module.RubricScorer({"tiers": False})
        returned = scorer.step(logs, [dict(case) for _ in answers])
        batch = {"extra_env_info": returned.metadata}
        if scorer.global_post_process_and_metrics(batch)[0] is not batch:
            raise AssertionError("the batch was changed")
        by_tier = self.module.RubricScorer({"tiers": True}).step(logs, [case] * len(answers))
        names = sorted(by_tier.rewards)
        columns = zip(*(by_tier.rewards[name].tolist() for name in names), strict=True)
        return [
            Got(value, self.single, row["numbers"], tuple(tiers))
            for value, row, tiers in zip(
                returned.rewards.tolist(), returned.metadata, columns, strict=True
            )
        ]


class _List(list[float]):
    """A tensor's place, where torch is not installed."""

    def tolist(self) -> list[float]:
        return list(self)


class Art:
    """Its own groups of trajectories, which sort out what failed."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("art")
        self.module = load(folder / "rubric_art.py", "rubric_art")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        made = [self._trajectory(row, answer) for answer in answers]
        if self.real:
            import art

            group = art.TrajectoryGroup(made)
        else:
            group = _Group(made, metadata={}, metrics={})
        scored = wait(self.module.score_group(group, row))
        kept = list(scored.trajectories)
        if len(kept) + len(scored.exceptions) != len(answers):
            raise AssertionError("trajectories were lost without an exception")
        numbers = {id(t): t.metrics for t in kept}
        return [
            Got(t.reward, False, _without_prefix(numbers[id(t)])) if id(t) in numbers else Got(None)
            for t in made
        ]

    def _trajectory(self, row: dict[str, Any], answer: str) -> Any:
        said = [*row["prompt"], {"role": "assistant", "content": answer}]
        if self.real:
            import art

            return art.Trajectory(messages_and_choices=said, reward=0.0)
        return SimpleNamespace(messages=lambda: said, reward=0.0, metrics={})


class _Group:
    """A group of ART, as far as the adapter goes."""

    def __init__(self, found: list[Any], *, metadata: Any, metrics: Any) -> None:
        self.trajectories = [one for one in found if not isinstance(one, BaseException)]
        self.exceptions = [one for one in found if isinstance(one, BaseException)]
        self.metadata, self.metrics = metadata, metrics


class Tinker:
    """`do_group_rollout` itself, with a policy that gives the answers of the case."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("tinker_cookbook")
        if not self.real:
            names = ("Env", "EnvGroupBuilder", "RLDataset")
            bases = {name: type(name, (), {}) for name in names}
            stand_in("tinker_cookbook.rl.types", {**bases, "StepResult": SimpleNamespace})
            empty = SimpleNamespace(from_ints=lambda tokens: tokens)
            stand_in("tinker", {"ModelInput": empty})
        self.module = load(folder / "rubric_tinker.py", "rubric_tinker")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        renderer = SimpleNamespace(
            build_generation_prompt=lambda messages: _model_input(self.real),
            get_stop_sequences=lambda: ["<end>"],
            parse_response=lambda action: (
                {"role": "assistant", "content": answers[action[0]]}, True
            ),
        )  # fmt: skip
        dataset = self.module.RubricDataset([row], renderer, 1, len(answers))
        if len(dataset) != 1:
            raise AssertionError("one row makes one batch")
        builder = dataset.get_batch(0)[0]
        found = wait(self._rollout(builder, len(answers)))
        return [Got(value, False, _without_prefix(metrics)) for value, metrics in found]

    async def _rollout(self, builder: Any, size: int) -> list[tuple[float, dict[str, float]]]:
        if not self.real:
            environments = await builder.make_envs()
            for place, environment in enumerate(environments):
                await environment.initial_observation()
                await environment.step([place])
            replayed: list[Any] = await builder.compute_group_rewards([None] * size, environments)
            return replayed
        from tinker_cookbook.completers import TokensWithLogprobs
        from tinker_cookbook.rl.rollouts import do_group_rollout

        places = iter(range(size))

        async def policy(*given: Any, **more: Any) -> Any:
            return TokensWithLogprobs(tokens=[next(places)], maybe_logprobs=[0.0])

        group = await do_group_rollout(builder, policy)
        tokens = [t.transitions[0].ac.tokens[0] for t in group.trajectories_G]
        totals = dict(
            zip(tokens, zip(group.get_total_rewards(), group.metrics_G, strict=True), strict=True)
        )
        return [totals[place] for place in range(size)]


def _model_input(real: bool) -> Any:
    if not real:
        return []
    import tinker

    return tinker.ModelInput.from_ints([1])


def _without_prefix(metrics: Any) -> dict[str, float]:
    return {
        name.removeprefix("rubric/"): value
        for name, value in metrics.items()
        if name.startswith("rubric/")
    }
