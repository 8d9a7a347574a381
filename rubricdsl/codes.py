"""The table of diagnostics: every code that the language can give, in one place.

Titles and hints are written for the clinician who wrote the file: they name what is there and what
to do, not how the file is read. Placeholders in braces are filled when a diagnostic is made.
"""

from typing import Literal, NamedTuple

from .lint_codes import LINT_CODES


class Code(NamedTuple):
    level: Literal["error", "warning", "note"]
    title: str
    why: str = ""
    hint: str = ""


def _error(title: str, why: str = "", hint: str = "") -> Code:
    return Code("error", title, why, hint)


def _warning(title: str, why: str = "", hint: str = "") -> Code:
    return Code("warning", title, why, hint)


def _note(title: str, why: str = "", hint: str = "") -> Code:
    return Code("note", title, why, hint)


CODES: dict[str, Code] = {
    # Reading a file
    "R0001": _error(
        "this file is not UTF-8 text",
        "the file is read the same way on every machine, so it has one encoding",
        "save it as UTF-8; the first character that does not fit is in line {detail}",
    ),
    "R0002": _error(
        "this file is too large: {detail} bytes",
        "a rubric is a protocol that people read; 4,000,000 bytes are the limit",
        "split it, or check that the right file was given",
    ),
    "R0003": _error("cannot read `{path}`: {detail}", hint="check the path and its permissions"),
    "R0004": _error(
        "no rubric files below `{path}`", hint="files end in `.rubric`; give a file or its folder"
    ),
    # Syntax
    "R0101": _error("I did not expect {found} here", hint="{expected}"),
    "R0102": _error(
        "this text is never closed",
        hint='close it with `"` on the same line; a long text goes on in quotes of its own below',
    ),
    "R0103": _error(
        "I cannot read the character `{found}`",
        hint="names use the letters A to Z, digits and `_`; anything may stand inside quotes",
    ),
    "R0104": _error("the file ends too early", hint="here could stand {expected}"),
    "R0105": _error(
        "`{found}` means nothing in a text",
        hint='a backslash may be followed by `"`, `\\`, `n`, `t`, `r` or `u` and four digits; '
        "write `\\\\` for a backslash itself",
    ),
    "R0106": _error(
        "an invisible character: {found}",
        "with it, a reader may see another rubric than the one that is compiled",
        "remove it; inside a text write it as `{escape}`",
    ),
    "R0107": _error("`{found}` is not understood here", hint="did you mean `{meant}`?"),
    "R0108": _error(
        "`{found}` is written `{meant}`",
        hint="word processors and habit change such signs; a rubric has one way to write each",
    ),
    "R0109": _error(
        "this is nested too deeply",
        "nobody can read brackets inside brackets without end",
        "divide it, for example into two criteria",
    ),
    "R0110": _error(
        "too many faults: the file is read no further",
        hint="mend the ones above, and check that this is a rubric",
    ),
    "R0111": _error("a `{brace}` is missing before {found}"),
    "R0112": _error("`{found}` is not in quotes", hint="write {meant}"),
    # Criteria
    "R0201": _error(
        "`{name}` is already the name of {what}",
        "what uses a name finds it by that name, so it stands for one thing",
        "rename one of the two",
    ),
    "R0202": _error(
        "`{name}` does not say what it asks",
        hint='add `requires "…"` for something good, or `forbids "…"` for something bad',
    ),
    "R0203": _error(
        "`{name}` has no weight",
        "weights are relative: the proficiency of an answer is the weighted share it earns",
        "add `weight` and a positive number behind the name",
    ),
    "R0204": _error(
        "a bonus carries no weight",
        "excellence is a count, so that ten small courtesies can never be tuned to outrank one "
        "another unseen",
        "move the criterion to `proficiency` if it should carry weight",
    ),
    "R0205": _error(
        "a veto carries no weight",
        "nothing outweighs a veto, so there is nothing to weigh; severities order vetoes",
        "remove it; `critical`, `major` and `moderate` order the vetoes",
    ),
    "R0206": _error(
        "`{found}` cannot be a weight",
        "whether a thing is good or bad is said in words, never with a sign, and what weighs "
        "nothing decides nothing",
        "use a positive number up to 1,000,000; for something bad write `forbids`, not a minus",
    ),
    "R0207": _error(
        "`{severity}` belongs to a veto",
        "severities order safety violations; elsewhere weights or the count do",
        "remove it, or move the criterion to `safety`",
    ),
    "R0208": _error(
        "a {kind} stands in `{tier}`, where a {right} belongs",
        "the block gives the tier, and each block has one kind of criterion",
        "write `{right} {name}`, or move it to `{other}`",
    ),
    "R0209": _error(
        "`{name}` says {clause} twice",
        hint="keep one; if both are meant, write two criteria",
    ),
    "R0210": _error(
        "an empty text",
        "a judge cannot decide about nothing",
        "say what is meant, or remove the line",
    ),
    "R0211": _error(
        "levels belong to `proficiency`",
        "a veto is broken or kept, and a bonus is there or not: both are counted",
        "remove the levels, or move the criterion to `proficiency`",
    ),
    "R0212": _error(
        "the levels of `{name}` are {found}, and should be 0, 1, 2 …",
        "the verdict is the number of the level, from the worst (0) to the best",
        "number them from 0 without a gap, at least two",
    ),
    "R0213": _error(
        "a criterion with levels cannot say `forbids`",
        "levels go from worst to best already",
        "say what a good answer does with `requires`, and let level 0 be the bad end",
    ),
    "R0214": _error(
        "the worth of the levels of `{name}` must rise from level to level, between 0 and 1",
        hint="give every level a `worth`, each larger than the one before, or none of them",
    ),
    "R0215": _error(
        "`{name}` has levels, and {clause} speaks of yes or no",
        hint='use `level 1 "…" example "…"` for examples',
    ),
    "R0216": _error(
        "a check decides yes or no, and `{name}` has levels",
        hint="remove the check, or split the criterion into one per level",
    ),
    "R0217": _warning(
        "`{name}` has no example of {missing}",
        "examples show a judge what is meant, and are the seed of synthetic training data",
        "add a sentence that shows it: {how}",
    ),
    "R0218": _error(
        "the example contradicts the check of `{name}`",
        "the check says `{verdict}` about this very sentence",
        "change the example or the check",
    ),
    "R0219": _error(
        "the rubric has no criteria",
        hint="add a `safety`, `proficiency` or `excellence` block with a criterion in it",
    ),
    "R0220": _error(
        "`{word}` is not something that `cannot_assess` can mean here",
        "{reason}",
        "use one of: {options}",
    ),
    "R0221": _warning(
        "with `exclude`, an answer that the judge could not assess may score better",
        "leaving a criterion out raises the share that the others earn",
        "use `unmet` unless that is intended",
    ),
    "R0222": _error(
        "the number `{found}` cannot be read",
        hint="use at most 12 digits, like 3, 0.3 or 1/20; a fraction does not divide by zero",
    ),
    "R0223": _error(
        "too many {what}: {most} are the limit",
        "a rubric is a protocol that people read, and every check costs time on every answer",
        "divide the rubric",
    ),
    "R0224": _warning(
        "`{name}` and {more} more criteria lack examples",
        "examples show a judge what is meant, and are the seed of synthetic training data",
        'add sentences that show each of them, such as `met "…"` and `unmet "…"`',
    ),
    # Modules
    "R0301": _error(
        "no rubric called `{name}` was found",
        "it would be `{file}` in the folder where this rubric's own name starts, in a folder given "
        "with `--path`, or in the library",
        "check the name, or add the folder with `--path`",
    ),
    "R0302": _error(
        "`{name}` builds on itself: {cycle}",
        "a rubric cannot be read before what it builds on",
        "move what both need into a third rubric",
    ),
    "R0303": _error(
        "`{name}` is version {found}, not {asked}",
        hint="check what has changed, then ask for {found}",
    ),
    "R0304": _error("no include is called `{name}`", hint="{suggestion}"),
    "R0305": _error("`{module}` has no criterion `{name}`", hint="{suggestion}"),
    "R0306": _error(
        "`{name}` is a {tier} criterion of `{module}`, and this is the `{here}` block",
        "a criterion keeps the tier in which it was written",
        "move the `use` to the `{tier}` block",
    ),
    "R0307": _error(
        "`{name}` has errors of its own",
        hint="run `rubricc check {path}` and mend it first",
    ),
    "R0308": _error(
        "the file found for `{name}` says that it is `{found}`",
        hint="the name and the path have to agree",
    ),
    "R0309": _error(
        "`use {name}` does not say which rubric the criterion comes from",
        hint="write the name of the include before it, for example `use core.{name}`",
    ),
    "R0310": _error(
        "there is nothing to {verb}: this rubric extends no other",
        hint='add `extends name version "…"` at the top',
    ),
    "R0311": _error(
        "the rubric that this one extends has no `{name}` in `{tier}`", hint="{suggestion}"
    ),
    "R0312": _error(
        "an extension cannot drop the veto `{name}`",
        "who builds on a rubric relies on its safety; an extension may only add to it",
        "if the veto does not belong there, change the rubric extended",
    ),
    "R0313": _error(
        "an extension cannot soften the veto `{name}`: {how}",
        "who builds on a rubric relies on its safety; an extension may only tighten it",
        "add a veto of your own beside it",
    ),
    "R0314": _warning("`{name}` is retired", hint="look for the rubric that replaces it"),
    "R0315": _error(
        "`{name}` needs the input `{input}`, which this rubric lacks",
        hint="declare `{input}` in an `input` block, as `{module}` does",
    ),
    "R0316": _error(
        "the input `{input}` is {found} here and {wanted} in `{module}`",
        "the criterion's condition would mean something else here",
        "declare the input as `{module}` does",
    ),
    "R0317": _error(
        "`{name}` is not read: too many rubrics build on one another",
        "nobody can follow a chain of more than 30",
        "include the rubric that is needed, and not one that includes it",
    ),
    "R0318": _error(
        "{what} means something else than what was locked",
        "a rubric must not change under its users; what was locked is what was looked at",
        "see what changed with `rubricc diff`, then run `rubricc lock`",
    ),
    "R0319": _error(
        "{what} is not in the lock file",
        "with `--locked` only what was looked at is used",
        "run `rubricc lock` with the same paths",
    ),
    "R0320": _error(
        "the lock file cannot be used: {detail}", hint="make it again with `rubricc lock`"
    ),
    # Inputs, types, units
    "R0401": _error("there is no input `{name}`", hint="{suggestion}"),
    "R0402": _error("there is no type `{name}`", hint="{suggestion}"),
    "R0403": _error("there is no unit `{name}`", hint="{suggestion}"),
    "R0404": _error(
        "{left} cannot be compared with {right}",
        hint="use a unit of the same kind on both sides",
    ),
    "R0405": _error("`{name}` is {found}; {got}"),
    "R0406": _error("`{value}` is not one of the values of `{name}`", hint="{suggestion}"),
    "R0407": _error(
        "a condition compares an input with a value",
        hint="write the input on the left: `age >= 18 years`",
    ),
    "R0408": _error(
        "a condition looks at the facts of the case, not at the answer",
        hint="move `{name}(…)` to a `check`",
    ),
    "R0409": _error("`{name}` cannot be ordered", hint="use `==`, `!=` or `in`"),
    "R0410": _error("there is no value set `{name}`", hint="{suggestion}"),
    "R0411": _error(
        "a value set needs at least one term", hint="write terms in quotes, with `,` between"
    ),
    "R0412": _error("`{name}` needs a unit", hint="for example `{example}`"),
    # Checks
    "R0501": _error("there is no check `{name}`", hint="{suggestion}"),
    "R0502": _error("`{name}` is written `{usage}`", hint="{detail}"),
    "R0503": _error("a check looks at the answer: `{name}` is not a check", hint="{suggestion}"),
    "R0504": _error("the pattern cannot be used: {detail}", hint="{suggestion}"),
    "R0505": _error("`{name}` gives a number: compare it", hint="for example `{usage}`"),
    "R0506": _error(
        "`{name}` says yes or no: it is not compared", hint="write `{usage}` alone, or after `not`"
    ),
    # Order, reward, profiles
    "R0601": _error(
        "the order is safety, then proficiency, then excellence",
        "the priority of the tiers is what the reward is proved to keep",
        "write the three lines in that order",
    ),
    "R0602": _error(
        "`{found}` cannot be a step",
        "the grid has to reach exactly from 0 to 1",
        "use 1/n with n from 1 to 1000, for example 1/20",
    ),
    "R0603": _error("only proficiency has steps", hint="remove `in steps of …` here"),
    "R0604": _error("there is no reward shape `{name}`", hint="{suggestion}"),
    "R0605": _error("the shape `{shape}` has no parameter `{name}`", hint="{suggestion}"),
    "R0606": _error("`{name}` is out of range: {detail}", hint="{suggestion}"),
    "R0607": _error(
        "a profile can only weigh proficiency criteria anew; `{name}` is in `{tier}`",
        "a profile never moves a criterion to another tier, nor makes safety negotiable",
    ),
    "R0608": _error("there is no criterion `{name}`", hint="{suggestion}"),
    "R0609": _error(
        "with `reward healthbench` at least one criterion must give points",
        "the score is divided by the points that can be earned",
        "add a criterion that `requires` something",
    ),
    "R0610": _error(
        "`{shape}` does not keep the order: {what}",
        "a shape that promises an order is held to it, and these two come out otherwise",
        "{suggestion}",
    ),
    # In-file tests
    "R0701": _error(
        "the test expects nothing",
        "a test without an expectation passes whatever happens",
        "add a line such as `expect a over b`",
    ),
    "R0702": _error("the test has no response `{name}`", hint="{suggestion}"),
    "R0703": _error("`{name}` cannot have the verdict `{verdict}`", hint="{suggestion}"),
    "R0704": _error(
        "`otherwise` cannot be `{verdict}`",
        "a `forbids` sentence that is met is bad, a `requires` sentence that is met is good",
        "say `good`, `bad` or `cannot_assess`",
    ),
    "R0705": _error('the test "{title}" fails: {detail}'),
    "R0706": _error("response `{name}` is given twice in this test", hint="rename one of the two"),
    "R0707": _note(
        'the test "{title}" is still to do: {detail}',
        "a `todo` says what nobody has tried yet; it fails nothing and counts for nothing",
        "write the case, and take the word `todo` away once it holds",
    ),
    # Status and provenance
    "R0801": _error("there is no status `{name}`", hint="use draft, active or retired"),
    "R0802": _error(
        "`{found}` is not a version", hint='use three numbers with dots, for example "1.0.0"'
    ),
    "R0803": _error(
        "an active rubric names the version of everything it builds on",
        "a rubric in use must not change under its users",
        'add `version "{version}"`',
    ),
    "R0804": _error(
        "an active rubric names a source for every veto; `{name}` has none",
        "who is bound by a veto may ask where it comes from",
        "add `cites` and a source, or keep the rubric a draft",
    ),
    "R0805": _error(
        "an active rubric names who reviewed it",
        hint='add `reviewed by "…" on "…"`, or keep the rubric a draft',
    ),
    "R0806": _error("there is no source `{name}`", hint="{suggestion}"),
    "R0807": _error("source `{name}` has no title", hint='add `title "…"`'),
    "R0808": _error("`{what}` is given twice", hint="keep one"),
    "R0809": _error("`{found}` is not a date", hint='write it as "2026-01-31"'),
    "R0810": _note(
        "no version is asked for `{name}`", hint='add `version "{version}"` before it goes active'
    ),
    "R0811": _error("there is no purpose `{name}`", hint="use training or evaluation"),
    "R0812": _error("the rubric has no title", hint='add `title "…"`'),
    # What `analyze` finds
    "R0901": _warning(
        "the condition of `{name}` is never true",
        "a condition is looked at with every combination of facts that it can tell apart",
        "mend the condition, or remove it with the {noun}",
    ),
    "R0902": _warning(
        "the condition of `{name}` is never false",
        "a condition is looked at with every combination of facts that it can tell apart",
        "remove the condition, or mend it",
    ),
    "R0903": _warning(
        "a part of the condition of `{name}` decides nothing",
        "a condition is looked at with every combination of facts that it can tell apart",
        "remove this part, or mend it",
    ),
    "R0904": _warning(
        "`{name}` can never decide anything",
        "no two answers to it come to different steps of 1/{steps}, whatever the others are",
        "give it more weight, use finer steps, or remove it",
    ),
    "R0905": _note(
        "levels {low} and {high} of `{name}` always come to the same step",
        "no two answers that differ in these levels alone are told apart",
        "give the levels other worths, use finer steps, or join the two",
    ),
    "R0906": _note(
        "no answer reaches {count} of the {of} steps of proficiency",
        "few weights make few sums; nothing is lost by it",
        "there is nothing to mend; on a coarser grid more answers tie, and excellence decides more",
    ),
    "R0907": _warning(
        "the reward `{shape}` never shows {what}",
        "the order tells answers apart by them, and this reward counts them at nothing",
        "give them a factor above 0, or use `gated` or `lexicographic`",
    ),
    "R0908": _warning(
        "the profile `{name}` changes no order",
        "a profile is there to put answers in another order; without that it moves rewards at most",
        "change its weights, or remove it",
    ),
    "R0909": _warning(
        "the profile `{name}` is never chosen: an earlier one always is",
        "of the profiles whose condition is true the first in the file counts",
        "move it up, or narrow the condition of the earlier one",
    ),
    "R0910": _note(
        "`{name}` and `{other}` put all answers in the same order",
        "they ask the same, in the same cases, and no two answers change places",
        "keep one of them, or let one extend the other",
    ),
    "R0911": _note(
        "`{name}` is stricter than `{other}`",
        "whatever is safe by `{name}` is safe by `{other}`, and not the other way round",
        "see that the veto which `{other}` does not have is not missing there",
    ),
    "R0912": _note(
        "`{name}` and `{other}` ask the same and order answers differently",
        "the two below change places",
        "see that the difference is meant",
    ),
    # Other formats
    "R1001": _error("`{format}` has no words for {what}", "{why}", "{suggestion}"),
    "R1002": _warning("in `{format}` numbers differ: {what}", "{why}", "{suggestion}"),
}
CODES |= {code: Code(*entry) for code, entry in LINT_CODES.items()}
