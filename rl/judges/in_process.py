"""A reward model in this process, behind the protocol of the other judges."""

import math
from collections.abc import Mapping, Sequence

from jinja2 import TemplateError

from ..material import Item, Question
from .protocol import Failure, Outcome, Record, all_failed, conversation_of, failed
from .reward_model import Asked, RewardModelJudge


class InProcess:
    """`judge` behind the protocol; `questions` are the criteria that it knows, by rubric and id."""

    def __init__(
        self, judge: RewardModelJudge, questions: Mapping[tuple[str, str], Question]
    ) -> None:
        self._judge = judge
        self._questions = questions

    def grade(self, items: Sequence[Item]) -> list[Record]:
        """One record per item; all answers are scored together."""
        asked = [self._asked(item) for item in items]
        scores = iter(self._scores([one for one in asked if isinstance(one, Asked)]))
        records = []
        for item, one in zip(items, asked, strict=True):
            if isinstance(one, Failure):
                records.append(all_failed(item, one))
                continue
            found = next(scores)
            if isinstance(found, Failure):
                records.append(all_failed(item, found))
            else:
                records.append(self._record(item, one, found))
        return records

    def _scores(self, asked: Sequence[Asked]) -> Sequence[Sequence[float] | Failure]:
        """The scores of each answer, or why a chat template cannot render its conversation."""
        try:
            return self._judge.scores(asked)
        except TemplateError as error:
            if len(asked) == 1:
                return [Failure("bad_item", f"the chat template: {error}")]
            return [self._scores([one])[0] for one in asked]

    def _asked(self, item: Item) -> Asked | Failure:
        conversation = conversation_of(item)
        if isinstance(conversation, Failure):
            return conversation
        found = [self._questions.get((item["rubric"], name)) for name in item["criteria"]]
        questions = [question for question in found if question is not None]
        if not questions:
            return Failure("unknown_criterion", f"nothing is asked of {item['rubric']}")
        return Asked(conversation, item["response"], questions)

    def _record(self, item: Item, asked: Asked, scores: Sequence[float]) -> Record:
        known = {
            question.criterion: self._outcome(asked, question, score)
            for question, score in zip(asked.questions, scores, strict=True)
        }
        unknown = failed("unknown_criterion")
        return Record({name: known.get(name, unknown) for name in item["criteria"]})

    def _outcome(self, asked: Asked, question: Question, score: float) -> Outcome:
        if math.isfinite(score):
            return Outcome(self._judge.verdict(question, score), score=score)
        if self._judge.is_too_long(asked, question):
            return failed("too_long")
        return failed("not_finite", f"the score is {score}")
