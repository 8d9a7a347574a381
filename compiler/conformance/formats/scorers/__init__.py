"""Scripts for the interpreter of another tool: files and verdicts in, that tool's scores out.

They import nothing of this project.
"""
