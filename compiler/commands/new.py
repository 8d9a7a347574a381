"""Begin a rubric: a file that checks, passes its tests and compiles as it is.

It is a draft about no illness in particular, without sources: comments say what to write where. The
file is DIR/SPECIALTY/NAME.rubric, as its name asks for, and never takes the place of another.

examples:
  rubricc new --specialty cardiology --name palpitations --out rubrics
  rubricc new --specialty "emergency medicine"
"""

import argparse
import shlex
import sys
from pathlib import Path

from rubricdsl.render import visible

from ..scaffold import scaffold, word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--specialty", required=True, help="the folder, such as cardiology")
    parser.add_argument("--name", default="new_topic", help="the file, such as palpitations")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where the specialty's folder is",
    )


def run(args: argparse.Namespace) -> int:
    """0 when the file was made; 1 when it could not be; 2 for names that are none."""
    names = [word(text) for text in (args.specialty, args.name)]
    for given, made in zip((args.specialty, args.name), names, strict=True):
        if made is None:
            print(f"rubricc new: `{visible(given)}` cannot be a name", file=sys.stderr)
            print("names have the letters A to Z, digits and `_`", file=sys.stderr)
            return 2
    specialty, name = (str(made) for made in names)
    path = args.out / specialty / f"{name}.rubric"
    text = scaffold(specialty, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        print(f"rubricc new: {visible(str(path))} exists; give another --name", file=sys.stderr)
        return 1
    except OSError as error:
        why = (error.strerror or "it cannot be written").lower()
        print(f"rubricc new: {visible(str(path))}: {why}", file=sys.stderr)
        return 1
    shown = visible(shlex.quote(str(path)))
    print(f"{visible(str(path))}: a draft to begin with. Then:")
    print(f"  rubricc check {shown}\n  rubricc test {shown}")
    print(f"  rubricc compile {shown} --out build/{name} --synthesize 20")
    return 0
