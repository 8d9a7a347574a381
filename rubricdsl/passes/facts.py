"""What a rubric rests on: sources, value sets, typed inputs, prompts."""

from collections.abc import Mapping

from .. import ir
from ..syntax import nodes as n
from .scope import Scope, suggestion
from .values import Scalar, bindings, day, known_unit, literal

PLAIN_TYPES = {"bool": "bool", "integer": "integer", "text": "text"}
MAX_INPUTS = 1000
_FIELDS = {"id": "identifier"}


def facts(scope: Scope) -> None:
    """Fill the scope's sources, value sets, inputs and prompts, in the order of the file."""
    for item in scope.tree.items:
        match item:
            case n.SourceBlock():
                _source(scope, item)
            case n.ValueSetBlock():
                _value_set(scope, item)
            case n.InputBlock():
                for line in item.inputs:
                    _input(scope, line)
    for item in scope.tree.items:
        if isinstance(item, n.PromptItem):
            _prompt(scope, item)


def _taken(scope: Scope, name: n.Name, known: Mapping[str, object], what: str) -> bool:
    if name.text in known:
        scope.report("R0201", name, name=name.text, what=what)
        return True
    return False


def _source(scope: Scope, block: n.SourceBlock) -> None:
    if _taken(scope, block.name, scope.sources, "a source"):
        return
    fields: dict[str, str] = {}
    for field in block.fields:
        key = _FIELDS.get(field.key.text, field.key.text)
        if key in fields:
            scope.report("R0808", field, what=field.key.text)
        if key == "retrieved":
            day(scope, field.value)
        elif not field.value.value.strip():
            scope.report("R0210", field.value)
        fields[key] = field.value.value
    if "title" not in fields:
        scope.missing("R0807", block.name, name=block.name.text)
        fields["title"] = ""
    scope.sources[block.name.text] = ir.Source(id=block.name.text, **fields)


def _value_set(scope: Scope, block: n.ValueSetBlock) -> None:
    if _taken(scope, block.name, scope.value_sets, "a value set"):
        return
    terms: dict[str, ir.Term] = {}
    for term in block.terms:
        text = term.text.value
        if not any(c.isalnum() for c in text):
            scope.report("R0210", term.text, "a term has letters or digits")
            continue
        if text.casefold() in terms:
            scope.report("R0808", term.text, what=text)
        terms[text.casefold()] = ir.Term(
            text,
            term.system.value if term.system else None,
            term.code.value if term.code else None,
        )
    if not block.terms:
        scope.report("R0411", block.name)
    doc = scope.doc(block)
    scope.value_sets[block.name.text] = ir.ValueSet(block.name.text, tuple(terms.values()), doc)


def _input(scope: Scope, line: n.InputLine) -> None:
    if _taken(scope, line.name, scope.inputs, "an input"):
        return
    if not scope.has_room(line.name, "inputs", len(scope.inputs), MAX_INPUTS):
        scope.broken.add(line.name.text)
        return
    spec = _type(scope, line)
    if spec is None:
        scope.broken.add(line.name.text)
        return
    if line.default is not None:
        if spec.type.endswith("_list"):
            hint = "leave the default out: a list that is not given is unknown"
            got = "a default stands here"
            scope.report("R0405", line, name=spec.id, found="a list", got=got, hint=hint)
        else:
            value = literal(scope, spec, line.default, line.type)
            spec = _with_default(spec, value)
    scope.inputs[spec.id] = spec


def _with_default(spec: ir.Input, value: Scalar | None) -> ir.Input:
    return ir.Input(spec.id, spec.type, spec.options, spec.unit, spec.optional, value, spec.doc)


def _type(scope: Scope, line: n.InputLine) -> ir.Input | None:
    name, written = line.name.text, line.type
    is_list = written.kind == "list"
    if is_list and written.item is not None:
        written = written.item
    doc = scope.doc(line)
    if written.kind == "one_of":
        options = tuple(option.text for option in written.names)
        known: set[str] = set()
        for option in written.names:
            # Facts are read without regard to case.
            if option.text.casefold() in known:
                scope.report("R0808", option, what=option.text)
            known.add(option.text.casefold())
        if is_list:
            return ir.Input(name, "one_of_list", options, None, line.optional, None, doc)
        return ir.Input(name, "one_of", options, None, line.optional, None, doc)
    if written.kind == "quantity" and not is_list:
        unit = written.names[0]
        if not known_unit(scope, unit):
            return None
        return ir.Input(name, "quantity", (), unit.text, line.optional, None, doc)
    word = written.names[0] if written.kind == "name" else None
    if word is not None and word.text == "text" and is_list:
        return ir.Input(name, "text_list", (), None, line.optional, None, doc)
    if word is not None and not is_list:
        match word.text:
            case "bool" | "integer" | "text" as kind:
                return ir.Input(name, kind, (), None, line.optional, None, doc)
    hint = "a list holds `text` or `one of (…)`"
    if not is_list:
        hint = "types are `bool`, `integer`, `text`, `one of (…)`, `quantity(unit)`, `list of …`"
        if word is not None:
            near = suggestion(word.text, PLAIN_TYPES)
            hint = near if near.startswith("did") else hint
    found = word.text if word is not None else "list of " + written.kind
    scope.report("R0402", line.type, name=found, suggestion=hint)
    return None


def _prompt(scope: Scope, item: n.PromptItem) -> None:
    if item.name is not None and _taken(scope, item.name, scope.prompts, "a prompt"):
        return
    name = item.name.text if item.name is not None else _free(scope)
    if not item.text.value.strip():
        scope.report("R0210", item.text)
        return
    facts_of_case = bindings(scope, item.bindings)
    scope.prompts[name] = ir.Prompt(name, item.text.value, facts_of_case)


def _free(scope: Scope) -> str:
    """A name for a prompt that has none: its number in the file, or the next that is free."""
    number = len(scope.prompts) + 1
    while f"prompt_{number}" in scope.prompts:
        number += 1
    return f"prompt_{number}"
