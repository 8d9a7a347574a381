"""Stacks that hand over one answer at a time: verl, OpenRLHF, SkyRL."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .base import Got, here, load, only, stand_in, wait


class Verl:
    """Its own loader of the file and its reward manager `naive`, from tokens to the result."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("verl")
        path = folder / "rubric_verl.py"
        if not self.real:
            self.module = load(path, "rubric_verl")
            return
        from omegaconf import OmegaConf
        from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
        from verl.trainer.ppo.reward import get_custom_reward_fn

        self.managers = []
        for name in ("compute_score", "compute_score_sync"):
            function: dict[str, Any] = {"path": str(path), "name": name, "reward_kwargs": {}}
            config = OmegaConf.create({"reward": {"custom_reward_function": function}})
            self.managers.append((NaiveRewardManager, config, get_custom_reward_fn(config)))

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        found = []
        for answer in answers:
            results = self._real(row, answer) if self.real else self._replayed(row, answer)
            if results[0] != results[1]:
                raise AssertionError("compute_score and compute_score_sync differ")
            numbers = dict(results[0])
            found.append(Got(numbers.pop("score"), False, numbers))
        return found

    def _replayed(self, row: dict[str, Any], answer: str) -> list[dict[str, float]]:
        given = {
            "data_source": row["data_source"],
            "solution_str": answer,
            "ground_truth": row["reward_model"]["ground_truth"],
            "extra_info": {**row["extra_info"], "num_turns": None, "rollout_reward_scores": {}},
        }
        module = self.module
        return [wait(module.compute_score(**given)), module.compute_score_sync(**given)]

    def _real(self, row: dict[str, Any], answer: str) -> list[dict[str, float]]:
        import asyncio

        import numpy
        import torch
        from verl import DataProto

        tokenizer = SimpleNamespace(decode=lambda ids, skip_special_tokens: answer)
        objects = {
            name: numpy.array([row[name]], dtype=object)
            for name in ("data_source", "reward_model", "extra_info")
        }
        ones = torch.ones((1, 2), dtype=torch.long)
        tensors = {"responses": ones[:, :1], "prompts": ones[:, :1], "attention_mask": ones}

        async def run(manager: Any, config: Any, function: Any) -> dict[str, Any]:
            made = manager(config, tokenizer, function)
            made.loop = asyncio.get_running_loop()
            data = DataProto.from_dict(tensors=tensors, non_tensors=objects)
            found: dict[str, Any] = await made.run_single(data)
            if found["reward_score"] != found["reward_extra_info"]["score"]:
                raise AssertionError("verl took another number for the score")
            return dict(found["reward_extra_info"])

        return [wait(run(*manager)) for manager in self.managers]


class OpenRLHF:
    """`SingleTurnAgentExecutor` itself: it loads the file, decodes, calls and reads the result."""

    PROMPT = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("openrlhf")
        path = str(folder / "rubric_openrlhf.py")
        if self.real:
            from openrlhf.utils.agent import SingleTurnAgentExecutor

            self.executor = SingleTurnAgentExecutor([path])
        else:
            self.module = load(Path(path), "reward_func")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        prompt = self.PROMPT.format(row["input"][-1]["content"])
        found = []
        for answer in answers:
            query = f"{prompt}{answer}<|im_end|>"
            if self.real:
                output = wait(self._execute(prompt, query, row["label"]))
                found.append(Got(output["reward"], False, output["extra_logs"]))
            else:
                given = self.module.reward_func([query], [prompt], [row["label"]])
                found.append(Got(given["rewards"], False, given["extra_logs"]))
        return found

    async def _execute(self, prompt: str, query: str, label: str) -> Any:
        import torch

        class Tokenizer:
            def __call__(self, text: str, **more: Any) -> Any:
                return {"input_ids": torch.tensor([[1, 2]])}

            def decode(self, ids: list[int], skip_special_tokens: bool) -> str:
                return query

        class Engine:
            async def generate(self, *given: Any, **more: Any) -> Any:
                output = SimpleNamespace(token_ids=[3], finish_reason="stop", logprobs=None)
                return SimpleNamespace(outputs=[output])

        sampling = SimpleNamespace(max_tokens=8, logprobs=None)
        return await self.executor.execute(prompt, label, sampling, 64, Tokenizer(), Engine())


class SkyRL:
    """`skyrl_gym.make`, `init`, `step` and the metrics, as SkyRL's generator calls them."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("skyrl_gym")
        if not self.real:
            stand_in("skyrl_gym.envs.base_text_env",
                     {"BaseTextEnv": object, "BaseTextEnvStepOutput": dict})  # fmt: skip
        self.module = load(folder / "rubric_skyrl.py", "rubric_skyrl")
        if self.real:
            self.module.register_rubric()

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        extras = {name: row[name] for name in row if name not in ("prompt", "env_class")}
        found = []
        for answer in answers:
            if self.real:
                import skyrl_gym

                environment = skyrl_gym.make(row["env_class"], env_config={}, extras=extras)
            else:
                environment = self.module.RubricEnv(env_config={}, extras=extras)
            environment.init(row["prompt"])
            output = environment.step(answer)
            if not output["done"]:
                raise AssertionError("the episode goes on after the answer")
            means = environment.get_metrics()
            if self.real:
                means = type(only([environment])).aggregate_metrics([means])
            found.append(Got(output["reward"], False, means))
        return found
