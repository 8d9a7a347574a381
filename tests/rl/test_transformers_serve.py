"""The language-model judge and a real server: `transformers serve` with a small random model.

The model has learned nothing and answers in bits of prose: no verdict may come of it.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytest.importorskip("torch")
pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("openai")

from rubricdsl.rl import tiny
from rubricdsl.rl.judges.client import Client
from rubricdsl.rl.judges.language_model import LanguageModelJudge, Sampling
from rubricdsl.rl.judges.prompts import read_prompts
from rubricdsl.rl.judges.protocol import SheetJudge

NAME = "tests.burns"
SERVE = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
PATIENCE = 180


@pytest.fixture(scope="module")
def model(material, tmp_path_factory):
    """A policy with random weights that ends its turn at every other token."""
    folder = tmp_path_factory.mktemp("policy")
    tiny.make_policy(material, folder)
    config = json.loads((folder / "config.json").read_text())
    path = folder / "generation_config.json"
    generation = json.loads(path.read_text())
    generation["eos_token_id"] = list(range(0, config["vocab_size"], 2))
    path.write_text(json.dumps(generation))
    return folder


@pytest.fixture(scope="module")
def address(model):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, "serve", str(model), "--device", "cpu"]
    server = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)])
    try:
        _wait(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def _wait(server, address):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the server did not start")


@pytest.mark.parametrize("together", [False, True])
def test_prose_is_no_verdict(material, reward, model, address, together):
    judge = LanguageModelJudge(
        Client(address),
        Sampling(str(model), max_tokens=16),
        read_prompts(material.bundle),
        together=together,
    )
    sheets = SheetJudge(judge)
    reward.set_judge(sheets)
    texts = ["Put butter on it.", "First of all cool it under the tap.", ""]
    try:
        found = reward.reward(prompts=["Help!"] * 3, completions=texts, rubric=[NAME] * 3)
    finally:
        reward.set_judge(None)
    assert found == [0.0, 0.0, 0.0]
    asked = 3 * 6
    assert sheets.tally.verdicts == {"cannot_assess": asked}
    # What ends by itself is read and found to be prose; the rest runs to its limit.
    assert sheets.tally.failures["unparsable"] > 0
    assert sheets.tally.failures["unparsable"] + sheets.tally.failures["cut_short"] == asked
    assert sheets.tally.usage.requests == (3 if together else asked)
    assert sheets.tally.usage.completion_tokens > 0
