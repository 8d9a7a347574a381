"""`rubricc serve` as a process: from recorded verdicts to rewards, signals, and what is refused."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

pytest.importorskip("h11")

from rubricdsl.compiler.cli import main
from rubricdsl.rl.material import load_reward
from tests.judge_server import Reply, completion, serving

# torch stands in the way of whoever imports it.
PROGRAM = """
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
from rubricdsl.compiler.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Process:
    """A server as a process; `said` has its lines on standard error."""

    def __init__(self, *arguments):
        command = [sys.executable, "-P", "-c", PROGRAM, "serve", *map(str, arguments), "--port=0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.said = []
        self.wait_for("serving")
        self.address = re.search(r"http://\S+", self.said[-1])[0]

    def wait_for(self, words):
        for line in self.process.stderr:
            self.said.append(line)
            if words in line:
                return
        raise AssertionError("".join(self.said))

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.said += self.process.stderr.readlines()
        return self.process.wait(30)


@pytest.fixture
def started():
    found = []

    def start(*arguments):
        found.append(Process(*arguments))
        return found[-1]

    yield start
    for one in found:
        one.process.kill()
        one.process.wait(30)
        one.process.stderr.close()


@pytest.fixture(scope="module")
def rows(material):
    return list(material.rows("reward_model/responses_train.jsonl"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_recorded_verdicts_become_the_rewards_of_reward_py(
    bundle, material, rows, started, tmp_path, number
):
    log = tmp_path / "logs" / "access.jsonl"
    recorded = bundle / "reward_model" / "responses_train.jsonl"
    server = started(bundle, "--judge", recorded, "--access-log", log)
    groups = [
        {
            "rubric": row["rubric"],
            "prompt": row["prompt"],
            "inputs": row["inputs"],
            "profile": row["profile"],
            "responses": [row["response"], "Nobody judged this."],
        }
        for row in rows[:20]
    ]
    found = server.ask("/v1/rewards", {"groups": groups})
    reward = load_reward(material)
    expected = []
    for row in rows[:20]:
        verdicts = row["verdicts"]
        case = (row["inputs"], row["response"], row["profile"])
        unjudged = (case[0], "Nobody judged this.", case[2])
        expected.append([
            reward.score(row["rubric"], verdicts, *case)["reward"],
            reward.score(row["rubric"], {}, *unjudged)["reward"],
        ])  # fmt: skip
    assert found["rewards"] == expected
    assert found["failures"].keys() == {"not_recorded"}
    assert server.end(number) == 0
    (line,) = map(json.loads, log.read_text("utf-8").splitlines())
    assert (line["status"], line["answers"]) == (200, 40)
    assert "Nobody judged this." not in log.read_text("utf-8")
    assert [s for s in server.said if "serving" not in s and "stopping" not in s] == []


def test_a_signal_lets_it_finish_what_it_has(bundle, rows, started):
    begun = threading.Event()

    def answer(asked, judge):
        begun.set()
        assert judge.released.wait(30)
        return Reply(completion('{"reason": "r", "verdict": "unmet"}'))

    row = rows[0]
    found = []
    with serving(answer) as judge:
        server = started(bundle, "--judge", judge.address, "--model", "m", "--retries", "0")
        body = {key: row[key] for key in ("rubric", "prompt", "inputs")}
        groups = [{**body, "responses": ["Rest."]}]
        asking = threading.Thread(
            target=lambda: found.append(server.ask("/v1/rewards", {"groups": groups}))
        )
        asking.start()
        assert begun.wait(30)
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("stopping")
        host, _, port = server.address.removeprefix("http://").partition(":")
        with pytest.raises(OSError, match=r"."):
            socket.create_connection((host, int(port)), timeout=5)
        judge.released.set()
        asking.join(30)
        assert server.process.wait(30) == 0
    assert "unmet" in found[0]["groups"][0]["responses"][0]["verdicts"].values()


def test_a_second_signal_does_not_wait(bundle, rows, started):
    begun = threading.Event()

    def answer(asked, judge):
        begun.set()
        judge.released.wait(30)
        return Reply(completion("{}"))

    with serving(answer) as judge:
        server = started(bundle, "--judge", judge.address, "--model", "m", "--retries", "0")
        body = {key: rows[0][key] for key in ("rubric", "prompt", "inputs")}
        data = json.dumps({"groups": [{**body, "responses": ["Rest."]}]}).encode()
        host, _, port = server.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /v1/rewards HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data
            )
            assert begun.wait(30)
            server.process.send_signal(signal.SIGTERM)
            server.wait_for("stopping")
            assert server.end() == 1


@pytest.fixture
def refused(bundle, capsys):
    def run(*options):
        recorded = bundle / "reward_model" / "responses_train.jsonl"
        arguments = ["serve", bundle, "--judge", recorded, *options]
        code = main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return run


def test_what_cannot_be_served_is_said(refused, bundle, monkeypatch, capsys, tmp_path):
    code, err = refused("--host", "0.0.0.0")
    assert code == 1
    assert "whoever reaches 0.0.0.0" in err
    assert "--token-env" in err
    monkeypatch.delenv("RUBRICC_TEST_TOKEN", raising=False)
    assert "RUBRICC_TEST_TOKEN is not set" in refused("--token-env", "RUBRICC_TEST_TOKEN")[1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, err = refused("--port", taken.getsockname()[1])
    assert code == 1
    assert "cannot listen at 127.0.0.1" in err
    assert "cannot listen at nowhere.invalid" in refused(
        "--host", "nowhere.invalid", "--without-token"
    )[1]  # fmt: skip
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused("--access-log", tmp_path / "file" / "log.jsonl")[1]
    assert main(["serve", str(tmp_path), "--judge", "x"]) == 1
    assert "not a bundle" in capsys.readouterr().err
    assert main(["serve", str(bundle), "--judge", str(tmp_path / "nothing")]) == 1
    assert "there is no judge at" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [("--port", "65536"), ("--port", "x"), ("--window", "-1"), ("--time-limit", "inf"),
     ("--max-body", "nan"), ("--batch", "0"), ("--token-env", "X", "--without-token")],
)  # fmt: skip
def test_wrong_words_are_wrong_use(refused, options):
    with pytest.raises(SystemExit) as ended:
        refused(*options)
    assert ended.value.code == 2


def test_without_the_library_it_says_how_to_get_it(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "h11", None)
    for name in [name for name in sys.modules if name.startswith("rubricdsl.rl.serving.conn")]:
        monkeypatch.delitem(sys.modules, name)
    code, err = refused()
    assert code == 1
    assert "pip install 'rubricdsl[serve]'" in err
