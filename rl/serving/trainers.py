"""Remote rewards in the words of trainers that have their own: OpenRLHF and slime.

Both send one label per prompt and nothing else of a row. So the label is what a group is here
without its answers: `{"rubric", "prompt", "inputs", "profile"}`, best as JSON text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rubricdsl.runtime.form import CompactRubric

from .limits import Limits
from .problems import Problem
from .reading import Asked, demand_few, read_group, read_json, read_text
from .scoring import Scored, worst_reward

END_MARKERS = (
    "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "<eos>",
    "<|end|>", "<|return|>", "</s>",
)  # fmt: skip
_LABEL_KEYS = ("rubric", "rubric_json", "prompt", "inputs", "profile")


def read_openrlhf(body: Any, forms: Mapping[str, CompactRubric], limits: Limits) -> Asked:
    """`{"query": […], "prompts": […], "labels": […]}`, texts that go together by place.

    A query is the prompt and the answer as one text, with special tokens.
    """
    queries, prompts = (_texts(body, key, limits) for key in ("query", "prompts"))
    labels = body.get("labels")
    if not isinstance(labels, list) or not 0 < len(queries) == len(prompts) == len(labels):
        raise Problem("bad_request", "query, prompts and labels must be lists of one length, 1 up")
    demand_few(len(queries), limits)
    groups = []
    for i, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True)):
        if not query.startswith(prompt):
            raise Problem("bad_request", f"query[{i}] must begin with prompts[{i}], to the letter")
        answer = without_end(query[len(prompt) :])
        groups.append(_group(label, f"labels[{i}]", None, answer, forms, limits))
    return Asked(groups, details=False)


def read_slime(body: Any, forms: Mapping[str, CompactRubric], limits: Limits) -> Asked:
    """`{"prompt", "response", "label"}`: one answer. The label may leave out the prompt where the
    request has it as messages."""
    if not isinstance(body, dict):
        raise Problem("bad_request", "the body must be an object")
    answer = without_end(read_text(body.get("response"), "response", limits))
    prompt = body.get("prompt")
    messages = prompt if isinstance(prompt, list) else None
    return Asked(
        [_group(body.get("label"), "label", messages, answer, forms, limits)], details=False
    )


def without_end(text: str) -> str:
    """An answer without the special tokens that it ended with."""
    while True:
        shorter = text.rstrip()
        for marker in END_MARKERS:
            shorter = shorter.removesuffix(marker)
        if shorter == text.rstrip():
            return text
        text = shorter


def openrlhf_reply(groups: Sequence[Any], done: Sequence[Scored], *, worst: bool) -> dict[str, Any]:
    """Lists by place, and figures for the log. `extra_logs` has the same keys whatever happens."""
    rewards = [settled(g, d, worst=worst) for g, d in zip(groups, done, strict=True)]
    results = [d.results[0] for d in done]
    return {
        "rewards": rewards,
        "scores": rewards,
        "extra_logs": {
            "dropped": [float(d.rewards[0] is None) for d in done],
            "violations": [float(len(r["violations"])) for r in results],
            "proficiency": [_ratio(r["proficiency"]) for r in results],
            "excellence": [float(r["excellence"] or 0) for r in results],
        },
    }


def slime_reply(groups: Sequence[Any], done: Sequence[Scored], *, worst: bool) -> dict[str, Any]:
    """One object; `--reward-key reward` picks the number."""
    found = openrlhf_reply(groups, done, worst=worst)
    logs = {name: values[0] for name, values in found["extra_logs"].items()}
    return {"reward": found["rewards"][0], **logs}


def settled(group: Any, done: Scored, *, worst: bool) -> float:
    """A reward where there has to be one: with `worst`, no reward is the worst one.

    Otherwise it is a `Problem`, for a number made up in silence would be learned from.
    """
    reward = done.rewards[0]
    if reward is not None:
        return reward
    if worst:
        return worst_reward(group)
    raise Problem(
        "dropped",
        f"{group.rubric['name']} drops an answer, and this reply has a number for each; "
        "`?dropped=worst` gives the worst one",
    )


def _group(
    label: Any,
    where: str,
    messages: Any,
    answer: str,
    forms: Mapping[str, CompactRubric],
    limits: Limits,
) -> Any:
    found = label
    if isinstance(label, str):
        try:
            found = read_json(label.encode(errors="surrogatepass"))
        except Problem as problem:
            raise Problem("bad_request", f"{where} must be JSON text ({problem.detail})") from None
    if not isinstance(found, dict) or not set(found) <= set(_LABEL_KEYS):
        keys = ", ".join(_LABEL_KEYS)
        raise Problem("bad_request", f"{where} must be an object with {keys}, or its JSON text")
    if messages is not None:
        found = {"prompt": messages, **found}
    return read_group({**found, "responses": [answer]}, where, forms, limits, judged=False)


def _texts(body: Any, key: str, limits: Limits) -> list[str]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise Problem("bad_request", f"{key} must be a list of texts")
    # A query is two texts in one.
    both = Limits(text=2 * limits.text)
    return [read_text(text, f"{key}[{i}]", both) for i, text in enumerate(found)]


def _ratio(exact: str | None) -> float:
    if exact is None:
        return 0.0
    numerator, denominator = exact.split("/")
    return int(numerator) / int(denominator)
