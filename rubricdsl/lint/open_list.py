"""L0104: a list of what is asked that does not end."""

import re
from collections.abc import Iterator

from .subject import Finding, Subject
from .wording import MOST_LOOKED_AT, any_of, demands, plain

_OPEN = any_of(r"etc\.?", "et cetera", "and so on", "and so forth")
_EXAMPLES = any_of(r"e\.g\.?", "eg", "such as", "for example", "for instance", "including", "like",
                   "i\\.e\\.?")  # fmt: skip
_END = re.compile(r"[.;](?=\s+[A-Z])|\n")


def open_list(subject: Subject) -> Iterator[Finding]:
    """`etc.` behind things that are asked for. Behind examples of one thing, and in brackets, it
    does no harm."""
    for written, text in demands(subject):
        shown = plain(text.value)
        for match in _OPEN.finditer(shown) if len(shown) <= MOST_LOOKED_AT else ():
            before = _END.split(shown[: match.start()])[-1]
            if not _EXAMPLES.search(before):
                place = subject.phrase(text, *match.span())
                yield subject.finding("L0104", place, {"name": written.criterion.id}, about=written)
                break
