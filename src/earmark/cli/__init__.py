"""The command line: parse, call ``earmark.api``, print.

Standard output is data, standard error is talk. What takes long to import waits until a command needs it.
"""

from earmark.cli.entry import main

__all__ = ["main"]
