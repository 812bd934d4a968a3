"""The one error that a person can mend."""

from __future__ import annotations


class BadInput(Exception):
    """Input that cannot be used; the message says in one line what, where and how to mend it.

    The command line prints it on standard error and exits with 2.
    """
