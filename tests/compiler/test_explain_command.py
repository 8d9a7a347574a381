"""`rubricc explain`: a page, the list, and codes that do not exist."""

from rubricdsl.codes import CODES
from rubricdsl.compiler.cli import main

PAGE = """\
error R0204: a bonus carries no weight

Every bonus counts once. What should weigh more than another thing is proficiency.

Why: excellence is a count, so that ten small courtesies can never be tuned to outrank one another \
unseen.

To put it right: move the criterion to `proficiency` if it should carry weight.

Wrong, in `excellence`:

    bonus polite weight 3
      requires "Is polite."

Right, in `proficiency`:

    criterion polite weight 3
      requires "Is polite."
"""


def test_a_page(capsys):
    assert main(["explain", "r0204"]) == 0
    assert capsys.readouterr().out == PAGE


def test_all_codes_are_listed(capsys):
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CODES)


def test_a_code_that_does_not_exist(capsys):
    assert main(["explain", "R0240"]) == 2
    assert "there is no code 'R0240'; did you mean R0" in capsys.readouterr().err
