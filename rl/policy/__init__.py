"""What a policy's training looks at: judges, figures, the order of advantages, logs, and an end."""
