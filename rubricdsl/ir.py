"""The typed rubric: what the front end produces and everything else reads.

Plain frozen dataclasses, so that checking a file does not pay for a validation library. The JSON
form, its schema and the semantic hash live in `ir_json`.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

IR_VERSION = 1

Tier = Literal["safety", "proficiency", "excellence"]
Status = Literal["draft", "active", "retired"]
Purpose = Literal["training", "evaluation"]
Polarity = Literal["requires", "forbids"]
Severity = Literal["critical", "major", "moderate"]
Policy = Literal["violate", "unmet", "exclude", "drop"]
Shape = Literal[
    "gated", "lexicographic", "centred", "tiers", "promedical", "weighted", "healthbench", "rar"
]
Comparison = Literal["==", "!=", "<", "<=", ">", ">="]

TIERS: tuple[Tier, ...] = ("safety", "proficiency", "excellence")
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "moderate")
POLICIES: tuple[Policy, ...] = ("violate", "unmet", "exclude", "drop")
SHAPES: tuple[Shape, ...] = (
    "gated", "lexicographic", "centred", "tiers", "promedical", "weighted", "healthbench", "rar",
)  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """An exact amount in a known unit; see `units`."""

    amount: Fraction
    unit: str


Value = bool | Fraction | str | Quantity


@dataclass(frozen=True)
class And:
    args: tuple["Condition", ...]
    kind: Literal["and"] = "and"


@dataclass(frozen=True)
class Or:
    args: tuple["Condition", ...]
    kind: Literal["or"] = "or"


@dataclass(frozen=True)
class Not:
    arg: "Condition"
    kind: Literal["not"] = "not"


@dataclass(frozen=True)
class Given:
    """True when the row supplies the input (or it has a default)."""

    input: str
    kind: Literal["given"] = "given"


@dataclass(frozen=True)
class Compare:
    """An input against a constant. Quantities are stored in the input's own declared unit."""

    input: str
    op: Comparison
    value: bool | Fraction | str
    kind: Literal["compare"] = "compare"


@dataclass(frozen=True)
class OneOf:
    """A text or enumeration input equals one of the values (texts without regard to case)."""

    input: str
    values: tuple[str, ...]
    kind: Literal["one_of"] = "one_of"


@dataclass(frozen=True)
class Contains:
    """A list input has at least one of the values (texts without regard to case)."""

    input: str
    values: tuple[str, ...]
    kind: Literal["contains"] = "contains"


Condition = And | Or | Not | Given | Compare | OneOf | Contains


@dataclass(frozen=True)
class Mentions:
    """The response has one of the terms as whole words."""

    terms: tuple[str, ...]
    kind: Literal["mentions"] = "mentions"


@dataclass(frozen=True)
class Matches:
    """The response has a stretch of whole words that the pattern describes; see `patterns`."""

    pattern: str
    kind: Literal["matches"] = "matches"


@dataclass(frozen=True)
class Count:
    """How often terms (or a pattern) occur, against a whole number."""

    terms: tuple[str, ...]
    pattern: str | None
    op: Comparison
    value: int
    kind: Literal["count"] = "count"


@dataclass(frozen=True)
class Words:
    """The number of words of the response, against a whole number."""

    op: Comparison
    value: int
    kind: Literal["words"] = "words"


@dataclass(frozen=True)
class Dose:
    """Some amount stated in the same sentence as one of the drugs compares true."""

    drugs: tuple[str, ...]
    op: Comparison
    value: Quantity
    kind: Literal["dose"] = "dose"


@dataclass(frozen=True)
class AllOf:
    args: tuple["Check", ...]
    kind: Literal["all_of"] = "all_of"


@dataclass(frozen=True)
class AnyOf:
    args: tuple["Check", ...]
    kind: Literal["any_of"] = "any_of"


@dataclass(frozen=True)
class NoneOf:
    arg: "Check"
    kind: Literal["none_of"] = "none_of"


Check = Mentions | Matches | Count | Words | Dose | AllOf | AnyOf | NoneOf


@dataclass(frozen=True)
class Source:
    """A document that the rubric rests on."""

    id: str
    title: str
    publisher: str | None = None
    identifier: str | None = None
    doi: str | None = None
    url: str | None = None
    edition: str | None = None
    section: str | None = None
    retrieved: str | None = None
    licence: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Review:
    reviewer: str
    date: str
    role: str | None = None


@dataclass(frozen=True)
class Input:
    """A typed fact about the case. `unit` for quantities, `options` for enumerations."""

    id: str
    type: Literal["bool", "one_of", "integer", "quantity", "text", "text_list", "one_of_list"]
    options: tuple[str, ...] = ()
    unit: str | None = None
    optional: bool = False
    default: bool | Fraction | str | tuple[str, ...] | None = None
    doc: str = ""


@dataclass(frozen=True)
class Term:
    text: str
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class ValueSet:
    id: str
    terms: tuple[Term, ...]
    doc: str = ""


@dataclass(frozen=True)
class Level:
    """One step of an ordinal criterion; `credit` in [0, 1]."""

    level: int
    anchor: str
    credit: Fraction
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """The rubric in which a criterion was first written."""

    rubric: str
    version: str
    criterion: str


@dataclass(frozen=True)
class Criterion:
    """One thing that a judge (or a check) decides about a response.

    `severity` is set for the safety tier alone, `weight` for the proficiency tier alone. Verdicts
    are `met` / `unmet`, or a level when `levels` is not empty.
    """

    id: str
    tier: Tier
    polarity: Polarity
    text: str
    origin: Origin
    severity: Severity | None = None
    weight: Fraction | None = None
    levels: tuple[Level, ...] = ()
    when: Condition | None = None
    check: Check | None = None
    allows_not_applicable: bool = False
    met: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    doc: str = ""


@dataclass(frozen=True)
class Profile:
    """Other weights for the same criteria, chosen by a condition or by the caller."""

    id: str
    weights: dict[str, Fraction]
    when: Condition | None = None
    doc: str = ""


@dataclass(frozen=True)
class Prompt:
    """A question a user might ask, with the facts of its case."""

    id: str
    text: str
    inputs: dict[str, bool | Fraction | str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """What `cannot_assess`, a missing and a malformed verdict count as, per tier."""

    safety: Policy = "violate"
    proficiency: Policy = "unmet"
    excellence: Policy = "unmet"


@dataclass(frozen=True)
class Reward:
    """The reward shape and its exact parameters; the meaning is in `runtime.shapes`."""

    shape: Shape = "gated"
    params: dict[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Rubric:
    """One rubric, everything resolved. Criteria are in tier order, within a tier as written."""

    name: str
    version: str
    status: Status
    purpose: Purpose
    title: str
    criteria: tuple[Criterion, ...]
    policies: Policies = Policies()
    steps: int = 20
    reward: Reward = Reward()
    inputs: tuple[Input, ...] = ()
    profiles: tuple[Profile, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    sources: tuple[Source, ...] = ()
    reviews: tuple[Review, ...] = ()
    value_sets: tuple[ValueSet, ...] = ()
    includes: tuple[Origin, ...] = ()
    tags: tuple[str, ...] = ()
    doc: str = ""

    def tier(self, tier: Tier) -> tuple[Criterion, ...]:
        """The criteria of one tier, in order."""
        return tuple(c for c in self.criteria if c.tier == tier)
