"""All criteria of an answer in one row: prompt and answer once, and a branch for each criterion."""
