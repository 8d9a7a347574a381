"""Parquet beside the JSON Lines that training reads, when pyarrow is there to write it.

The columns have declared types, so that a column that is empty at first cannot take a wrong one.
"""

import importlib.util
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from .reward_model import FOLDER

_ROWS_PER_GROUP = 8192

_IDS = ("rubric", "rubric_version", "rubric_hash", "criterion", "tier", "severity")
PREFERENCE_COLUMNS: dict[str, str] = {
    **dict.fromkeys(("prompt", "chosen", "rejected"), "messages"),
    **dict.fromkeys(("id", "pair_id", "prompt_id", *_IDS), "text"),
    "sources": "texts",
    **dict.fromkeys(("chosen_id", "rejected_id", "chosen_verdict", "rejected_verdict"), "text"),
    "synthetic": "bool",
}
POINTWISE_COLUMNS: dict[str, str] = {
    "messages": "messages",
    "verdict": "text",
    "credit": "float",
    "credit_exact": "text",
    **dict.fromkeys(("id", "response_id", "prompt_id", *_IDS), "text"),
    "sources": "texts",
    "synthetic": "bool",
}
COLUMNS: dict[str, dict[str, str]] = {
    f"{FOLDER}/{prefix}{side}.jsonl": columns
    for prefix, columns in (("", PREFERENCE_COLUMNS), ("pointwise_", POINTWISE_COLUMNS))
    for side in ("train", "heldout")
}


def available() -> bool:
    """Whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def convert(source: Path, target: Path, columns: Mapping[str, Any]) -> None:
    """Write the rows of a JSON Lines file as Parquet, in columns of these kinds.

    The same rows always give the same bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    types: dict[str, Any] = {
        "messages": pa.list_(message),
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "float": pa.float64(),
        "int": pa.int64(),
        "bool": pa.bool_(),
    }

    def type_of(kind: Any) -> Any:
        if isinstance(kind, str):
            return types[kind]
        return pa.struct([(name, type_of(inner)) for name, inner in kind.items()])

    schema = pa.schema([(name, type_of(kind)) for name, kind in columns.items()])
    with source.open("rb") as lines, pq.ParquetWriter(target, schema, compression="zstd") as out:
        while rows := [json.loads(line) for line in islice(lines, _ROWS_PER_GROUP)]:
            out.write_table(pa.Table.from_pylist(rows, schema=schema))
