"""What `rubricc lint` finds, in the words of `codes`: level, title, why, hint."""

from typing import Literal

LINT_CODES: dict[str, tuple[Literal["error", "warning", "note"], str, str, str]] = {
    # How a criterion is worded
    "L0101": (
        "warning",
        "`{name}` says `and/or`",
        "of an answer with one of the two, one judge says met and another unmet",
        "write `or` if one is enough, and two criteria if both are wanted",
    ),
    "L0102": (
        "warning",
        "`{name}` asks for several things at once",
        "a judge has one verdict, and an answer that does half of it has none",
        "write a criterion for each, or levels that say what half of it is",
    ),
    "L0103": (
        "warning",
        "`{name}` leaves to the judge what `{word}` means",
        "two judges draw the line in two places, and a model learns the place of neither",
        "say what has to be there: a time, an amount, a sign, an act",
    ),
    "L0104": (
        "warning",
        "the list in `{name}` has no end",
        "nobody can say whether an answer has all of a list that goes on",
        "name what is asked for, or say that it is examples: `such as a, b or c`",
    ),
    "L0105": (
        "warning",
        "`{name}` is met by saying more",
        "length is the easiest thing to learn, and makes an answer no better",
        "name what a good answer has to contain",
    ),
    "L0106": (
        "note",
        "`{name}` forbids what is not done: `{words}`",
        "`met` is then said of an answer that lacks something, which judges get wrong",
        "say with `requires` what has to be there",
    ),
    "L0107": (
        "warning",
        "the anchor `{anchor}` of `{name}` is only a grade",
        "two judges do not mean the same by a grade; an anchor says what is seen",
        "say what an answer of this level has in it, or lacks",
    ),
    # What a rubric asks for
    "L0201": (
        "warning",
        "nothing in `{name}` can go wrong",
        "a rubric without a veto or a `forbids` has the same praise for a harmful answer",
        "add what an answer must not do: a veto, or a criterion that `forbids`",
    ),
    "L0202": (
        "note",
        "nothing in `{name}` asks whether what is said is true",
        "an answer may have everything that is asked for, and invent half of it",
        "add a criterion about false statements, or use one of `core.patient_safety`",
    ),
    "L0203": (
        "warning",
        "`{name}` and `{other}` ask the same",
        "what is asked twice counts twice",
        "keep one of them, and give it the weight that it should have",
    ),
    "L0204": (
        "error",
        "`{name}` and `{other}` are opposite: the one requires what the other forbids",
        "no answer can satisfy both",
        "keep the one that is meant",
    ),
    "L0205": (
        "note",
        "`{name}` and `{other}` ask the same, once as good and once as bad",
        "the same act counts twice: when it is there and when it is not",
        "keep one of them, unless it should count twice",
    ),
    "L0206": (
        "warning",
        "`{name}` and `{other}` seem opposite: the one requires what the other forbids",
        "they differ in few words, and judges may not see the difference",
        "keep the one that is meant, or say where the difference is",
    ),
    # Sources, examples, what is not used
    "L0301": (
        "note",
        "the veto `{name}` names no source",
        "who is bound by a veto may ask where it comes from",
        "add `cites` and a source that exists; an active rubric needs one",
    ),
    "L0302": (
        "error",
        "a good example of `{name}` is found by the check of the veto `{veto}`",
        "the check decides alone: an answer with this sentence is unsafe, however it is meant",
        "change the example, or narrow the check",
    ),
    "L0303": (
        "error",
        "one sentence is an example of two verdicts on `{name}`",
        "a judge that is shown both learns that the verdict does not matter",
        "keep it where it belongs",
    ),
    "L0304": (
        "note",
        "the {what} `{name}` is not used",
        "a reader looks for what it is there for",
        "remove it",
    ),
    # Weights
    "L0401": (
        "warning",
        "`{name}` weighs more than all other criteria together",
        "whatever else an answer has, it earns less than one that has this alone",
        "lower the weight; what must never be missing is a veto",
    ),
    # Suppressions
    "L0901": (
        "error",
        "this suppression cannot be read: {detail}",
        "",
        'write `# lint: allow L0102 because "…"`, with the reason in quotes',
    ),
    "L0902": (
        "warning",
        "this suppression of {code} is not used",
        "left over, it would hide the next finding of this kind",
        "remove it",
    ),
    "L0903": (
        "error",
        "{code} about safety cannot be suppressed",
        "an error about a veto makes unsafe answers look safe, or safe ones unsafe",
        "mend what it is about",
    ),
}
