"""The packages that a user would pick instead, in a virtual environment of their own."""

import subprocess
import sys
from pathlib import Path

PEERS = {"autorubric": "1.6.1", "rubric": "2.2.0"}
HOME = Path(__file__).resolve().parent.parent / "build" / "peers"


def peer_python() -> str:
    """An interpreter with the packages; the environment is made once."""
    python = HOME / "bin" / "python"
    if not python.exists():
        print("making build/peers, once …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        wanted = [f"{name}=={version}" for name, version in PEERS.items()]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
    return str(python)
