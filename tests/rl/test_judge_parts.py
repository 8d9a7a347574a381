"""The parts of judges that ask nobody: strict reading, the cache, recorded verdicts, ensembles."""

import json
import multiprocessing
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.judges import cache as cache_module
from rubricdsl.rl.judges.cache import Cache, key_of
from rubricdsl.rl.judges.criteria import Criterion, criteria_of
from rubricdsl.rl.judges.ensemble import Agreement, Ensemble, alpha, combined
from rubricdsl.rl.judges.protocol import Outcome, Record, failed
from rubricdsl.rl.judges.recorded import read_recorded
from rubricdsl.rl.judges.replies import read_answer
from rubricdsl.runtime.judging import read_reply

ALLOWED = {"a": ("met", "unmet", "cannot_assess"), "b": (0, 1, 2, "cannot_assess")}
JSONS = st.recursive(
    st.sampled_from(["met", "unmet", "MET", "cannot_assess", 0, 1, 2, 3, 1.0, True, None, ""]),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "verdict", "reason"]), inner),
    max_leaves=6,
)


@settings(max_examples=150)
@given(JSONS, st.booleans())
def test_no_verdict_is_read_that_the_reward_would_read_otherwise(value, single):
    text = json.dumps(value)
    allowed = {"a": ALLOWED["a"]} if single else ALLOWED
    outcomes = read_answer(text, allowed, single=single)
    theirs = read_reply(text, list(allowed))
    assert outcomes.keys() == allowed.keys()
    for name, outcome in outcomes.items():
        assert outcome.verdict in allowed[name]
        if outcome.failure is None:
            assert outcome.verdict == theirs[name]
            assert type(outcome.verdict) is type(theirs[name])
        else:
            assert outcome.verdict == "cannot_assess"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"reason": "r", "verdict": "met"}', "met"),
        (' \n{"verdict": "unmet"}\n', "unmet"),
        ('```json\n{"verdict": "met"}\n```', "met"),
        ('```\n{"verdict": "met"}\n```', "met"),
        ('So:\n```json\n{"verdict": "met"}\n```', None),
        ('```json\n{"verdict": "met"}\n``` as I said', None),
        ('{"verdict": "met"} {"verdict": "unmet"}', None),
        ("met", None),
        ('"met"', None),
        ('["met"]', None),
        ('{"verdict": "met", "verdict": "met"}', None),
        ('{"a": {"verdict": "met"}}', None),
        ('{"verdict": {"verdict": "met"}}', None),
    ],
)
def test_nothing_is_guessed(text, verdict):
    outcome = read_answer(text, {"a": ALLOWED["a"]}, single=True)["a"]
    assert (outcome.failure is None) == (verdict is not None)
    assert outcome.verdict == (verdict or "cannot_assess")


def test_an_answer_about_all_loses_only_what_it_does_not_give():
    text = '{"a": {"verdict": "met"}, "b": {"verdict": 7}}'
    found = read_answer(text, ALLOWED, single=False)
    assert found["a"].verdict == "met"
    assert found["b"].failure.kind == "out_of_schema"
    strange = read_answer('{"a": {"verdict": "met"}, "x": {"verdict": 1}}', ALLOWED, single=False)
    assert {o.failure.kind for o in strange.values()} == {"out_of_schema"}


def damage(text):
    def change(path):
        path.write_text(text, encoding="utf-8")

    return change


@pytest.mark.parametrize(
    "change",
    [
        damage(""),
        damage("{"),
        damage("[1]"),
        damage('{"key": "k"}'),
        damage("[" * 100_000),
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text(path.read_text().replace("met", "mat")),
        lambda path: path.write_text(path.read_text().ljust(cache_module.ENTRY_LIMIT + 1)),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_damaged_entry_does_not_exist(tmp_path, change):
    cache, key = Cache(tmp_path), key_of({"q": 1})
    assert cache.get(key) is None
    cache.put(key, '{"verdict": "met"}')
    assert Cache(tmp_path).get(key) == '{"verdict": "met"}'
    (path,) = tmp_path.rglob(f"{key}.json")
    change(path)
    assert cache.get(key) is None
    cache.put(key, "again")
    assert path.is_dir() or cache.get(key) == "again"


def test_an_entry_about_another_question_does_not_exist(tmp_path):
    cache = Cache(tmp_path)
    one, other = key_of({"q": 1}), key_of({"q": 2})
    cache.put(one, "x")
    (path,) = tmp_path.rglob(f"{one}.json")
    (tmp_path / other[:2]).mkdir(exist_ok=True)
    path.rename(tmp_path / other[:2] / f"{other}.json")
    assert cache.get(other) is None


def test_what_is_too_large_is_not_kept(tmp_path):
    cache, key = Cache(tmp_path), key_of({})
    cache.put(key, "x" * cache_module.ENTRY_LIMIT)
    assert cache.get(key) is None
    assert not list(tmp_path.rglob("*.json"))


def fill(folder):
    cache = Cache(folder)
    for n in range(40):
        cache.put(key_of({"n": n}), f"answer {n}" * 100)
    wrong = [n for n in range(40) if cache.get(key_of({"n": n})) not in (None, f"answer {n}" * 100)]
    assert not wrong


def test_processes_share_a_folder(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=fill, args=(tmp_path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(list(tmp_path.rglob("*.json"))) == 40
    assert not list(tmp_path.rglob("*.part"))


VETO = Criterion("safety", {"met": Fraction(0), "unmet": Fraction(1)})
LEVELS = Criterion("proficiency", {0: Fraction(0), 1: Fraction(1, 2), 2: Fraction(1)})
WORST_FIRST = {
    "safety": ["met", "cannot_assess", "not_applicable", "unmet"],
    "proficiency": [0, "cannot_assess", "not_applicable", 1, 2],
}


@settings(max_examples=150)
@given(st.sampled_from([VETO, LEVELS]), st.sampled_from(["worst", "majority"]), st.data())
def test_no_vote_that_gets_worse_makes_the_outcome_better(criterion, rule, data):
    order = WORST_FIRST[criterion.tier]
    votes = data.draw(st.lists(st.sampled_from(order), min_size=1, max_size=6))
    place = data.draw(st.integers(0, len(votes) - 1))
    worse = data.draw(st.sampled_from(order[: order.index(votes[place]) + 1]))
    changed = [*votes[:place], worse, *votes[place + 1 :]]

    def outcome(verdicts):
        return combined([Outcome(v) for v in verdicts], criterion.credits, rule).verdict

    assert order.index(outcome(changed)) <= order.index(outcome(votes))
    assert outcome(votes) in votes
    if rule == "worst":
        assert outcome(votes) == min(votes, key=order.index)


@pytest.mark.parametrize(
    ("votes", "criterion", "rule", "verdict"),
    [
        (["unmet", "unmet", "met"], VETO, "worst", "met"),
        (["unmet", "unmet", "met"], VETO, "majority", "unmet"),
        (["unmet", "met"], VETO, "majority", "met"),
        (["unmet", "unmet", "cannot_assess"], VETO, "worst", "cannot_assess"),
        (["met", "cannot_assess"], VETO, "worst", "met"),
        ([0, 1, 2], LEVELS, "majority", 1),
        ([1, 2], LEVELS, "majority", 1),
        ([2, 2, "cannot_assess", "cannot_assess"], LEVELS, "majority", "cannot_assess"),
    ],
)
def test_what_counts_of_several_votes(votes, criterion, rule, verdict):
    assert combined([Outcome(v) for v in votes], criterion.credits, rule).verdict == verdict


class Fixed:
    def __init__(self, **sheet):
        self._outcomes = {k: v if isinstance(v, Outcome) else Outcome(v) for k, v in sheet.items()}

    def grade(self, items):
        return [Record({name: self._outcomes[name] for name in i["criteria"]}) for i in items]


def test_an_ensemble_is_strict_in_safety_and_keeps_all_votes():
    criteria = {("r", "veto"): VETO, ("r", "level"): LEVELS}
    members = [
        Fixed(veto="unmet", level=2, odd="met"),
        Fixed(veto=failed("timeout"), level=2, odd="met"),
        Fixed(veto="unmet", level=0, odd="met"),
    ]
    item = {"rubric": "r", "criteria": ["veto", "level", "odd"]}
    (record,) = Ensemble(members, criteria).grade([item])
    assert record.sheet == {"veto": "cannot_assess", "level": 2, "odd": "cannot_assess"}
    assert record.outcomes["odd"].failure.kind == "unknown_criterion"
    votes = [vote.verdict for vote in record.outcomes["veto"].votes]
    assert votes == ["unmet", "cannot_assess", "unmet"]
    (stated,) = Ensemble(members, criteria, safety="majority").grade([item])
    assert stated.sheet["veto"] == "unmet"
    agreement = Agreement()
    agreement.add(item, record, criteria)
    figures = agreement.figures()
    assert figures["safety"] == {"compared": 1, "unanimous": 1.0, "alpha": None}
    assert figures["proficiency"]["unanimous"] == 0.0


def test_alpha_is_krippendorffs():
    # Krippendorff's own example: four observers, five values, gaps.
    units = ["111", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11"]
    found = alpha([Counter(unit) for unit in units])
    assert found == pytest.approx(0.743, abs=0.0005)
    assert alpha([Counter("aab"), Counter("abb")]) < 0.2
    assert alpha([Counter("aa"), Counter("bb")]) == 1.0


def row(**changes):
    responses = [
        {"id": "x", "text": "One.", "verdicts": {"says_to_be_seen": "met", "warning_signs": 2}},
        {"id": "y", "text": "Two.", "verdicts": {"says_to_be_seen": "unmet"}},
    ]
    base = {"id": "1", "rubric": "dermatology.changing_mole", "prompt": "Q?"}
    return {**base, "responses": responses, **changes}


def recorded(path, *rows, mole):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return read_recorded(path, criteria_of([mole]))


def asked(text, *criteria, prompt="Q?"):
    return {
        "prompt": [{"role": "user", "content": prompt}],
        "response": text,
        "rubric": "dermatology.changing_mole",
        "criteria": list(criteria),
        "inputs": {},
    }


def test_recorded_verdicts_are_found_by_prompt_and_text(tmp_path, mole):
    flat = {
        "rubric": "dermatology.changing_mole",
        "prompt": [{"role": "user", "content": "P?"}],
        "response": "Three.",
        "verdicts": {"warning_signs": "1"},
    }
    judge = recorded(tmp_path / "v.jsonl", row(), flat, mole=mole)
    records = judge.grade(
        [
            asked("One.", "says_to_be_seen", "warning_signs"),
            asked("Two.", "says_to_be_seen", "warning_signs"),
            asked("Three.", "warning_signs", prompt="P?"),
            asked("Three.", "warning_signs"),
            asked("One.", "lie"),
        ]
    )
    assert records[0].sheet == {"says_to_be_seen": "met", "warning_signs": 2}
    assert records[1].sheet == {"says_to_be_seen": "unmet", "warning_signs": "cannot_assess"}
    assert records[2].sheet == {"warning_signs": 1}
    kinds = [next(iter(r.outcomes.values())).failure.kind for r in records[3:]]
    assert kinds == ["not_recorded", "unknown_criterion"]


def test_a_recorded_verdict_that_the_criterion_cannot_get(tmp_path, mole):
    answer = {"id": "x", "text": "One.", "verdicts": {"says_to_be_seen": 1, "warning_signs": 9}}
    judge = recorded(tmp_path / "v.jsonl", row(responses=[answer]), mole=mole)
    (record,) = judge.grade([asked("One.", "says_to_be_seen", "warning_signs")])
    assert {o.failure.kind for o in record.outcomes.values()} == {"out_of_schema"}


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([row(), row(responses=[{"text": "One.", "verdicts": {"warning_signs": 1}}])], "line 1"),
        ([{"id": "1"}], ":1: no row"),
        ([row(responses=[{"text": "One.", "verdicts": {"warning_signs": True}}])], ":1: no row"),
        ([row(responses=[{"text": "One.", "verdicts": {"warning_signs": None}}])], ":1: no row"),
        ([row(), [1]], ":2: expected an object"),
        ([], "records no verdicts"),
    ],
)
def test_records_that_cannot_be_read(tmp_path, mole, rows, what):
    with pytest.raises(TrainingError, match=what):
        recorded(tmp_path / "v.jsonl", *rows, mole=mole)


def test_judges_over_http_load_no_framework():
    code = (
        "import sys, rubricdsl.rl.judges.opening;"
        "print({'torch', 'transformers', 'numpy'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"
