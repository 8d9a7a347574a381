"""The three blocks: criteria written here, used from elsewhere, or changed by an extension."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from .. import ir
from ..conditions import inputs_of
from ..diagnostics import Label, instead
from ..syntax import nodes as n
from .criteria import KIND_OF, SEVERITY, allowed, apply, criterion, gather
from .scope import Scope
from .values import NOUNS

MAX_CRITERIA = 1000
TIER: dict[str, ir.Tier] = {tier: tier for tier in ir.TIERS}
_POLICY: dict[str, ir.Policy] = {policy: policy for policy in ir.POLICIES}
_ALLOWED = {
    "safety": ("violate", "drop"),
    "proficiency": ("unmet", "exclude", "drop"),
    "excellence": ("unmet", "exclude", "drop"),
}


@dataclass(frozen=True)
class Module:
    """A rubric that this one includes, under the name that it has here."""

    alias: str
    rubric: ir.Rubric

    @cached_property
    def criteria(self) -> dict[str, ir.Criterion]:
        return {criterion.id: criterion for criterion in self.rubric.criteria}

    @cached_property
    def sources(self) -> dict[str, ir.Source]:
        return {source.id: source for source in self.rubric.sources}


@dataclass(frozen=True)
class _Inherited:
    """The criteria of the rubric extended, and which of them have been changed here."""

    criteria: dict[str, ir.Criterion] | None
    changed: set[str] = field(default_factory=set)


def tiers(
    scope: Scope, modules: dict[str, Module | None], base: ir.Rubric | None
) -> tuple[tuple[ir.Criterion, ...], ir.Policies]:
    """All criteria in tier order, and the policies. Fills `scope.criteria` and `scope.places`."""
    extended = _Inherited({c.id: c for c in base.criteria} if base else None)
    scope.criteria.update(extended.criteria or {})
    for block in scope.tree.items:
        if not isinstance(block, n.TierBlock):
            continue
        tier = TIER[block.tier.text]
        for item in block.items:
            match item:
                case n.CriterionItem() if _has_room(scope, item.name):
                    _add(scope, criterion(scope, item, tier), item.name)
                case n.Use() if _has_room(scope, item.alias or item.name):
                    _add(scope, _used(scope, item, tier, modules), item.alias or item.name)
                case n.Override():
                    _override(scope, item, tier, extended)
                case n.Without():
                    _without(scope, item, tier, extended)
    if not (scope.criteria or scope.broken or scope.lost):
        scope.missing("R0219", scope.head)
    ordered = tuple(c for tier in ir.TIERS for c in scope.criteria.values() if c.tier == tier)
    return ordered, _policies(scope, base)


def _has_room(scope: Scope, name: n.Name) -> bool:
    if scope.has_room(name, "criteria", len(scope.criteria), MAX_CRITERIA):
        return True
    scope.broken.add(_last(name))
    return False


def _last(name: n.Name) -> str:
    return name.text.rpartition(".")[2]


def _add(scope: Scope, made: ir.Criterion | None, name: n.Name) -> None:
    if made is None:
        scope.broken.add(_last(name))
    elif made.id in scope.criteria:
        other = scope.criteria[made.id]
        what = f"a {KIND_OF[other.tier]} in `{other.tier}`"
        first = scope.places.get(made.id)
        labels = (Label(first, "the first one"),) if first else ()
        scope.report("R0201", name, "again", labels=labels, name=made.id, what=what)
    else:
        scope.criteria[made.id] = made
        scope.places[made.id] = scope.span(name)


def _used(
    scope: Scope, item: n.Use, tier: ir.Tier, modules: dict[str, Module | None]
) -> ir.Criterion | None:
    alias, _, wanted = item.name.text.rpartition(".")
    if not alias:
        having = [name for name, known in modules.items() if known and wanted in known.criteria]
        fixes = [instead(scope.span(item.name), f"{name}.{wanted}") for name in having]
        scope.report("R0309", item.name, name=item.name.text, fixes=fixes)
        return None
    module = modules.get(alias)
    if alias not in modules:
        word = item.name._replace(end=item.name.start + len(alias))
        scope.unknown("R0304", item.name, alias, modules, word)
    if module is None:
        return None
    found, name = module.criteria.get(wanted), module.rubric.name
    if found is None:
        near = scope.suggestion(wanted, (c.id for c in module.rubric.tier(tier)))
        word = item.name._replace(start=item.name.end - len(wanted))
        scope.report("R0305", item.name, part=word, module=name, name=wanted, suggestion=near)
        return None
    if found.tier != tier:
        scope.report("R0306", item.name, name=wanted, tier=found.tier, module=name, here=tier)
        return None
    _same_inputs(scope, item, found, module.rubric)
    cites = tuple(_bring(scope, module, source) for source in found.cites)
    return replace(found, id=item.alias.text if item.alias else wanted, cites=cites)


def _bring(scope: Scope, module: Module, source: str) -> str:
    """A source of another rubric under a name that cannot clash with one written here."""
    name = f"{module.alias}.{source}"
    while True:
        brought = replace(module.sources[source], id=name)
        # One that is inherited may have come in under the same two names.
        if scope.sources.setdefault(name, brought) == brought:
            return name
        name += "_"


def _same_inputs(scope: Scope, item: n.Use, found: ir.Criterion, module: ir.Rubric) -> None:
    if found.when is None:
        return
    theirs = {spec.id: spec for spec in module.inputs}
    for name in inputs_of(found.when):
        wanted, here = theirs[name], scope.inputs.get(name)
        if here is None:
            if not scope.is_unsure(name):
                scope.report("R0315", item.name, name=found.id, input=name, module=module.name)
        elif (here.type, here.options, here.unit) != (wanted.type, wanted.options, wanted.unit):
            scope.report(
                "R0316",
                item.name,
                input=name,
                found=_described(here),
                wanted=_described(wanted),
                module=module.name,
            )


def _described(spec: ir.Input) -> str:
    if spec.unit:
        return f"a quantity in {spec.unit}"
    if spec.options:
        return "one of " + ", ".join(spec.options)
    return NOUNS[spec.type]


def _inherited(
    scope: Scope, name: n.Name, verb: str, tier: ir.Tier, base: _Inherited
) -> ir.Criterion | None:
    """The criterion of the rubric extended that is to be changed; each may be changed once."""
    if base.criteria is None:
        if not scope.lost:
            scope.report("R0310", name, verb=verb)
        return None
    before = base.criteria.get(name.text)
    if before is None or before.tier != tier:
        near = scope.suggestion(name.text, (c.id for c in base.criteria.values()))
        if before is not None:
            near = f"it is in `{before.tier}`"
        scope.report("R0311", name, name=name.text, tier=tier, suggestion=near)
        return None
    if name.text in base.changed:
        scope.report("R0808", name, what=name.text)
        return None
    base.changed.add(name.text)
    return before


def _override(scope: Scope, item: n.Override, tier: ir.Tier, base: _Inherited) -> None:
    before = _inherited(scope, item.name, "override", tier, base)
    if before is None:
        return
    found = gather(scope, item.name, item.clauses)
    allowed(scope, tier, found, item.name)
    after = apply(scope, before, found, item.name)
    if tier == "safety":
        _only_tighter(scope, item, before, after)
    scope.criteria[before.id] = after
    scope.places[before.id] = scope.span(item.name)


def _only_tighter(
    scope: Scope, item: n.Override, before: ir.Criterion, after: ir.Criterion
) -> None:
    rank = list(SEVERITY)
    how = ""
    if rank.index(after.severity or "critical") > rank.index(before.severity or "critical"):
        how = f"it was {before.severity}"
    elif after.when is not None and after.when != before.when:
        how = "a condition would let it be set aside"
    elif after.allows_not_applicable and not before.allows_not_applicable:
        how = "a judge could set it aside"
    elif (after.text, after.polarity, after.check) != (before.text, before.polarity, before.check):
        how = "it would ask something else"
    if how:
        scope.report("R0313", item.name, name=before.id, how=how)


def _without(scope: Scope, item: n.Without, tier: ir.Tier, base: _Inherited) -> None:
    before = _inherited(scope, item.name, "leave out", tier, base)
    if before is None:
        return
    if tier == "safety":
        scope.report("R0312", item.name, name=before.id)
        return
    scope.criteria.pop(before.id, None)


def _policies(scope: Scope, base: ir.Rubric | None) -> ir.Policies:
    """What `cannot_assess` means per block: as written here, as inherited, or the default."""
    policies = base.policies if base else ir.Policies()
    said: set[ir.Tier] = set()
    for block in scope.tree.items:
        if not isinstance(block, n.TierBlock):
            continue
        tier = TIER[block.tier.text]
        for item in block.items:
            if not isinstance(item, n.PolicyLine):
                continue
            if tier in said:
                scope.report("R0808", item, what="cannot_assess")
            said.add(tier)
            policies = _policy(scope, item, tier, policies)
    return policies


def _policy(scope: Scope, item: n.PolicyLine, tier: ir.Tier, policies: ir.Policies) -> ir.Policies:
    word = item.word.text
    if word not in _ALLOWED[tier]:
        reason = "a verdict that is missing has to be resolved in one declared way"
        if tier == "safety" and word in _POLICY:
            reason = "in safety, what nobody could assess must never look safe"
        options = ", ".join(f"`{option}`" for option in _ALLOWED[tier])
        scope.report("R0220", item.word, word=word, reason=reason, options=options)
        return policies
    if word == "exclude":
        scope.report("R0221", item.word)
    return replace(policies, **{tier: _POLICY[word]})
