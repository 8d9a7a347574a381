"""Rewards over HTTP. Importing this loads no framework and no HTTP library."""
