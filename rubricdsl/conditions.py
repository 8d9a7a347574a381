"""Questions about conditions that follow from their form alone."""

from . import ir


def inputs_of(condition: ir.Condition) -> tuple[str, ...]:
    """The inputs that a condition looks at, each once, in order of appearance."""
    match condition:
        case ir.And(args) | ir.Or(args):
            return tuple(dict.fromkeys(name for arg in args for name in inputs_of(arg)))
        case ir.Not(arg):
            return inputs_of(arg)
        case _:
            return (condition.input,)
