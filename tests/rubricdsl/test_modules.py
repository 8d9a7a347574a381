"""`include`, `use`, `extends`: who builds on whom, and what an extension may not do."""

from dataclasses import replace
from fractions import Fraction

import pytest

from rubricdsl.passes import check_paths

from ..sample import CORE, marked, read, rubric


def file(name: str, *lines: str) -> str:
    return f'rubric {name} version "1.0.0"\ntitle "A"\npurpose evaluation\n' + "\n".join(lines)


VETO = 'safety { veto own critical forbids "Is bad." }'

BASE = file(
    "base",
    "input { age : quantity(years)  setting : one of (clinic, home) }",
    'source s { title "S" }',
    'valueset acts { "cut it off" }',
    'prompt p "Hello?" { age: 5 years }',
    "safety {",
    '  veto harm major when age < 18 years forbids "Does harm." cites s met "x" unmet "y"',
    '  veto act critical forbids "Acts." check mentions(response, acts)',
    "}",
    "proficiency {",
    '  criterion clear weight 2 requires "Is clear." met "c" unmet "u"',
    '  criterion short weight 1 requires "Is short." check words(response) < 100',
    "}",
    'excellence { cannot_assess means drop bonus kind requires "Is kind." }',
    "order { safety proficiency in steps of 1/4 excellence }",
    "reward weighted safety 2",
    "profile home when setting == home { weight clear 5  weight short 3 }",
)


def extension(*lines: str) -> str:
    return file("ext", 'extends base version "1.0.0"', *lines)


def test_an_extension_has_everything_of_its_base():
    base, made = rubric(BASE), rubric(extension(), base=BASE)
    same = replace(made, name=base.name, includes=(), title=base.title, version=base.version)
    assert same == base


def test_an_extension_changes_what_it_overrides():
    made = rubric(
        extension(
            "proficiency {",
            '  override clear weight 3/2 when setting == home note "Short words." met "m"',
            "  without short",
            '  criterion own weight 1 requires "Own."',
            "}",
            'safety { override harm critical  veto more moderate forbids "More." }',
            "profile home when setting == clinic { weight clear 9 }",
        ),
        base=BASE,
    )
    criteria = {c.id: c for c in made.criteria}
    assert list(criteria) == ["harm", "act", "more", "clear", "own", "kind"]
    assert criteria["harm"].severity == "critical"
    assert criteria["harm"].origin.rubric == "base"
    assert criteria["own"].origin.rubric == "ext"
    clear = criteria["clear"]
    assert (clear.weight, clear.note, clear.text) == (Fraction(3, 2), "Short words.", "Is clear.")
    assert (clear.met, clear.unmet) == (("m",), ("u",))
    assert [p.weights for p in made.profiles] == [{"clear": Fraction(9)}]


def test_an_inherited_profile_forgets_what_is_left_out():
    made = rubric(extension("proficiency { without short }"), base=BASE)
    assert made.profiles[0].weights == {"clear": Fraction(5)}


def test_levels_take_the_place_of_yes_and_no():
    made = rubric(
        extension('proficiency { override clear level 0 "no" level 1 "a bit" level 2 "very" }'),
        base=BASE,
    )
    clear = made.tier("proficiency")[0]
    assert [x.credit for x in clear.levels] == [0, Fraction(1, 2), 1]
    assert (clear.met, clear.unmet) == ((), ())


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("safety { without harm }", "R0312"),
        ("safety { override act major }", "R0313"),
        ("safety { override act when age > 5 years }", "R0313"),
        ("safety { override harm when age < 1 years }", "R0313"),
        ("safety { override harm allows not_applicable }", "R0313"),
        ('safety { override harm forbids "Is rude." }', "R0313"),
        ("safety { override act check words(response) > 9 }", "R0313"),
        ("safety { override harm weight 3 }", "R0205"),
        ('safety { override harm level 0 "a" level 1 "b" }', "R0211"),
        ("excellence { override kind weight 3 }", "R0204"),
        ("excellence { override kind major }", "R0207"),
        ("proficiency { override harm }", "R0311"),
        ("proficiency { override nothing weight 1 }", "R0311"),
        ("proficiency { override clear weight 2  override clear weight 3 }", "R0808"),
        ("proficiency { without clear  override clear weight 3 }", "R0808"),
        ('proficiency { override short met "' + "word " * 120 + '" }', "R0218"),
        ("proficiency { override clear check words(response) > 5 }", "R0218"),
        ('proficiency { criterion harm weight 1 requires "x" }', "R0201"),
        ("input { age : quantity(months) }", "R0201"),
        ("safety { cannot_assess means unmet }", "R0220"),
    ],
)
def test_what_an_extension_may_not_do(line, code):
    assert {found for found, _ in marked(read(extension(line), base=BASE))} == {code}


def test_a_clause_that_changes_nothing_of_a_veto_is_allowed():
    line = 'safety { override harm critical cites s note "A note." tag "t" met "m" unmet "u" }'
    assert rubric(extension(line), base=BASE).tier("safety")[0].note == "A note."


def test_extends_goes_through_several_files():
    second = file("second", 'extends base version "1.0.0"', "safety { override harm critical }")
    third = file("third", 'extends second version "1.0.0"', "proficiency { without short }")
    made = rubric(third, base=BASE, second=second)
    assert [c.id for c in made.criteria] == ["harm", "act", "clear", "kind"]
    assert made.criteria[0].severity == "critical"
    assert made.criteria[0].origin.rubric == "base"


def test_nothing_follows_from_a_base_that_cannot_be_read():
    lines = [
        "safety { override harm critical }",
        "proficiency { without short }",
        "profile p when age > 5 years { weight clear 2 }",
        'test "t" { response r { harm: met otherwise: good } expect r violates harm }',
    ]
    assert marked(read(extension(*lines))) == [("R0301", "base")]
    assert marked(read(extension(*lines), base=BASE + "}")) == [("R0307", "base")]


def test_nothing_follows_from_an_include_that_cannot_be_read():
    text = file(
        "a",
        'include nothing version "1.0.0" called n',
        "safety { use n.harm  use n.other called mine }",
        'test "t" { response r { harm: met mine: unmet } expect r violates harm }',
    )
    assert marked(read(text)) == [("R0301", "nothing")]


def test_a_criterion_used_keeps_its_origin_and_brings_its_sources():
    text = file(
        "a",
        'include core.basics version "1.2.0" called one',
        'include core.basics version "1.2.0" called two',
        'source gmp { title "Another of the same name" }',
        "safety { use one.harm  use two.harm called again }",
    )
    made = rubric(text)
    assert [(c.id, c.origin.rubric, c.origin.criterion, c.cites) for c in made.criteria] == [
        ("harm", "core.basics", "harm", ("one.gmp",)),
        ("again", "core.basics", "harm", ("two.gmp",)),
    ]
    assert [s.id for s in made.sources] == ["gmp", "one.gmp", "two.gmp"]
    assert [o.criterion for o in made.includes] == ["one", "two"]


def test_sources_of_one_name_from_two_rubrics_stay_two():
    base = file("base", 'include core.basics version "1.2.0" called c', "safety { use c.harm }")
    other = file(
        "other", 'source gmp { title "Another" }', 'safety { veto v forbids "x" cites gmp }'
    )
    text = file(
        "top",
        'extends base version "1.0.0"',
        'include other version "1.0.0" called c',
        "safety { use c.v }",
    )
    made = rubric(text, base=base, other=other)
    assert [(c.id, c.cites) for c in made.criteria] == [("harm", ("c.gmp",)), ("v", ("c.gmp_",))]
    assert [s.title for s in made.sources] == ["Good medical practice", "Another"]


def test_a_version_that_is_none_is_one_finding():
    text = file("a", 'include core.basics version "1.2" called c', "safety { use c.harm }")
    assert marked(read(text)) == [("R0802", '"1.2"')]


def test_a_diamond_is_read_once_and_agrees():
    left = file("left", 'include core.basics version "1.2.0" called c', "safety { use c.harm }")
    text = file(
        "top",
        'include left version "1.0.0" called l',
        'include core.basics version "1.2.0" called c',
        "safety { use l.harm  use c.harm called direct }",
    )
    one, other = rubric(text, left=left).criteria
    assert (one.text, one.origin, one.cites) == (other.text, other.origin, ("l.c.gmp",))
    assert other.cites == ("c.gmp",)


def test_a_cycle_is_told_once(tmp_path):
    names = ["a", "b", "c"]
    for name, following in zip(names, [*names[1:], "a"], strict=True):
        text = file(name, f'include {following} version "1.0.0" called x', VETO)
        (tmp_path / f"{name}.rubric").write_text(text)
    found = check_paths([str(tmp_path)]).diagnostics
    assert [(d.code, d.message) for d in found] == [
        ("R0302", "`a` builds on itself: a → b → c → a")
    ]
    found = check_paths([str(tmp_path / "b.rubric")]).diagnostics
    assert [d.code for d in found] == ["R0307"]
    assert found[0].labels[0].text == "`b` builds on itself: b → c → a → b"


def test_an_error_in_an_included_file_is_told_there_and_nowhere_else(tmp_path):
    (tmp_path / "core.rubric").write_text(file("core", 'safety { veto v weight 1 forbids "x" }'))
    for name in "abc":
        text = file(name, 'include core version "1.0.0" called c', "safety { use c.v }")
        (tmp_path / f"{name}.rubric").write_text(text)
    assert [d.code for d in check_paths([str(tmp_path)]).diagnostics] == ["R0205"]
    (alone,) = check_paths([str(tmp_path / "a.rubric")]).diagnostics
    assert (alone.code, alone.labels[0].text) == ("R0307", "a veto carries no weight")


def test_chains_of_includes_have_an_end():
    def chain(length: int) -> dict[str, str]:
        return {
            f"r{i}": file(f"r{i}", f'include r{i + 1} version "1.0.0" called n', VETO)
            for i in range(length)
        } | {f"r{length}": file(f"r{length}", VETO)}

    first = file("first", 'include r0 version "1.0.0" called n', VETO)
    assert read(first, **chain(20)).diagnostics == ()
    (found,) = read(first, **chain(200)).diagnostics
    assert (found.code, found.labels[0].span.path) == ("R0307", "r28.rubric")


def test_the_status_says_how_strict():
    cited = file("a", "safety { use c.harm }").replace('"\n', '" status active\n', 1)
    include = "include core.basics called c"
    loose = cited.replace("safety", include + "\nsafety")
    assert [d.code for d in read(loose).diagnostics] == ["R0805", "R0803"]
    review = '\nreviewed by "A. B." role "physician" on "2026-01-31"\n'
    assert [d.code for d in read(loose + review).diagnostics] == ["R0803"]
    draft = loose.replace("active", "draft")
    assert [(d.code, d.level) for d in read(draft).diagnostics] == [("R0810", "note")]
    pinned = cited.replace(
        "safety", include.replace("called", 'version "1.2.0" called') + "\nsafety"
    )
    assert read(pinned + review).diagnostics == ()
    unsourced = read(pinned + review, core__basics=CORE.replace("    cites gmp\n", ""))
    assert [d.code for d in unsourced.diagnostics] == ["R0804"]


@pytest.mark.parametrize(
    "version", ["1", "1.0", "v1.0.0", "1.0.0-beta", "01.0.0", "1.0.0.0", "", "١.٠.٠"]
)
def test_versions_are_three_numbers(version):
    text = file("a", VETO).replace("1.0.0", version)
    assert marked(read(text)) == [("R0802", f'"{version}"')]


@pytest.mark.parametrize(
    "date", ["2026-02-30", "20260131", "31.1.2026", "2026-1-31", "2026-W05-6", ""]
)
def test_dates_are_days_of_the_calendar(date):
    text = file("a", f'reviewed by "A. B." on "{date}"', VETO)
    assert marked(read(text)) == [("R0809", f'"{date}"')]
