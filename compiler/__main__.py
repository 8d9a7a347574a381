"""`python -m rubricdsl.compiler`: the command, for launchers that start a module."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
