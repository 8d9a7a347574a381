"""Filling a judge prompt: the material can neither close its fence nor fill other places."""

from hypothesis import given
from hypothesis import strategies as st

from rubricdsl.judge_prompt import fill

USER = "Q\n{fence}\n{prompt}\n{fence}\nA\n{fence}\n{response}\n{fence}\n"
TEXTS = st.text(alphabet="~{}promtesncf\n ab", max_size=60)


def test_a_question_and_a_conversation():
    made = fill(USER, [{"role": "user", "content": "Why?"}], "So.")
    assert made == "Q\n~~~~\nWhy?\n~~~~\nA\n~~~~\nSo.\n~~~~\n"
    turns = [("user", "Hi."), ("assistant", "Yes?"), ("user", "Why?")]
    messages = [{"role": role, "content": content} for role, content in turns]
    assert "User: Hi.\n\nAssistant: Yes?\n\nUser: Why?\n" in fill(USER, messages, "So.")


@given(TEXTS, TEXTS)
def test_material_stays_inside_its_fence(prompt, response):
    made = fill(USER, [{"role": "user", "content": prompt}], response)
    fence = made.split("\n")[1]
    assert len(fence) >= 4
    assert set(fence) == {"~"}
    assert made == f"Q\n{fence}\n{prompt}\n{fence}\nA\n{fence}\n{response}\n{fence}\n"
    assert fence not in prompt + "\n" + response
