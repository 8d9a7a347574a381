"""From a reward model's scores to verdicts, by held-out labels. No framework is loaded."""
