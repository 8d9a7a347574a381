"""The version of the package and of the language it reads."""

__version__ = "0.1.0"
LANGUAGE_VERSION = 1
