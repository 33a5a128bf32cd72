"""What the documents say."""

from __future__ import annotations

from .breaking import edit, replace, without_lines
from .model import GUIDE, NEXT_STEPS, PROJECT_README, README, Mutation, group

mutations: list[Mutation] = []


document = group(
    mutations, "document", "test_documents.py test_readme.py: not first_command and not daily_work"
)
document(
    "A documented command names a service that does not exist",
    edit(GUIDE, replace("run --rm test$", "run --rm tests")),
)
document(
    "A documented command names a subcommand that does not exist",
    edit(GUIDE, replace(r"venv lock  ", "venv locks ")),
)
document(
    "A documented command sources a file that does not exist",
    edit(
        GUIDE,
        replace(r"^\| fish \| `source (\S+)/activate\.fish`", r"| fish | `source \1/activate.fsh`"),
    ),
)
document(
    "A documented command names a target that does not exist",
    edit(
        GUIDE,
        replace(r"docker build --target lock --output", "docker build --target locks --output"),
    ),
)
document(
    "A documented command has an option that Copier does not have",
    edit(GUIDE, replace(r"copier update --skip-answered", "copier update --skip-answer")),
)
document(
    "A documented module does not exist",
    edit(GUIDE, replace(r"^(python -m \{\{ package_name \}\})\.migrate", r"\1.migrations.run")),
)
document(
    "The guide does not say how to change the isolation",
    edit(GUIDE, without_lines(r"--data isolation=")),
)
document(
    "The guide links to a heading that does not exist",
    edit(GUIDE, replace(r"\(#services\)", "(#service)")),
)
document(
    "The guide links to a file that does not exist",
    edit(GUIDE, replace(r"\(README\.md\)", "(READ.md)")),
)
document(
    "The guide names no place for services of one's own",
    edit(GUIDE, without_lines(r"^\| services;")),
)
document(
    "The guide says that the template owns the user's README",
    edit(GUIDE, replace(r"^\| `README\.md`, ", "| ")),
)
document(
    "The guide names another port for the debugger than Compose has",
    edit(GUIDE, replace(r"\{\{ debug_port \}\}", "5678")),
)
document(
    "The project's README links to a file that does not exist",
    edit(PROJECT_README, replace(r"\(\.env\.example\)", "(.env.sample)")),
)
document(
    "After the copy, the wrong file is to be sourced",
    edit(NEXT_STEPS, replace(r"^    \. (\w+)/activate$", r"    . \1/activated")),
    "test_documents.py test_life.py test_readme.py: message or next or first",
)
document(
    "After the copy, a container that does not exist is to be run",
    edit(NEXT_STEPS, replace("run --rm test$", "run --rm tests")),
    "test_documents.py test_life.py test_readme.py: message or next or first",
)
document(
    "The README does not name a question", edit(README, replace(r"`registry`", "`registries`"))
)
document(
    "The README's first command does not work",
    edit(README, replace(r"copier copy", "copier copies")),
)
