"""A rubric as a page that a clinician reads and signs."""
