"""Whether the formats of other tools mean what the rubric means: their scores, sheet by sheet."""
