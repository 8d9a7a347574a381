"""The files that are copied into `stacks/`; each is read by its stack and by nothing here."""
