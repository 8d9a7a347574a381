"""The controlled clinic: prompts and answers whose verdicts are known."""
