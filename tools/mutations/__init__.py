"""What mutate.py breaks, one thing at a time: each entry says what a user would lose.

A pattern says what is broken, not how it is written today: when a file is written anew, adapt a
pattern that no longer finds its line, and keep what it stands for. New kinds of files and new
promises get mutations of their own.
"""

from . import (
    application,
    ci,
    containers,
    documents,
    environment,
    files,
    kubernetes,
    own_code,
    questions,
)
from .breaking import DoesNotApply
from .model import Mutation, Tests

MUTATIONS = [
    *questions.mutations,
    *files.mutations,
    *ci.mutations,
    *containers.mutations,
    *environment.mutations,
    *application.mutations,
    *kubernetes.mutations,
    *own_code.mutations,
    *documents.mutations,
]

__all__ = ["MUTATIONS", "DoesNotApply", "Mutation", "Tests"]
