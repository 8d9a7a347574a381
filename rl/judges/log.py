"""A log of exchanges as JSON Lines: in full, nothing left out, for whoever must look into one."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import TrainingError


class Log:
    """Appends one line per exchange, from any thread. It never holds a key."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise TrainingError(f"{path} cannot be written: {error.strerror or error}") from None

    def __call__(self, exchange: Mapping[str, Any]) -> None:
        line = json.dumps(exchange, ensure_ascii=False) + "\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()
