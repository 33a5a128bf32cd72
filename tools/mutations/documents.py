"""What the documents say."""

from __future__ import annotations

from .breaking import edit, replace, without_lines
from .model import GUIDE, NEXT_STEPS, PROJECT_README, README, Mutation, group

mutations: list[Mutation] = []


COMMANDS = "test_documents.py: command_fits or names_fits"
FACTS = "test_documents.py: link or file_that_is_named or port or service_in"

command = group(mutations, "document", COMMANDS)
fact = group(mutations, "document", FACTS)

command(
    "A documented command names a service that does not exist",
    edit(GUIDE, replace("run --rm test$", "run --rm tests")),
)
command(
    "A documented command names a subcommand that does not exist",
    edit(GUIDE, replace(r"venv lock  ", "venv locks ")),
)
command(
    "A documented command sources a file that does not exist",
    edit(
        GUIDE,
        replace(r"^\| fish \| `source (\S+)/activate\.fish`", r"| fish | `source \1/activate.fsh`"),
    ),
)
command(
    "A documented command names a target that does not exist",
    edit(
        GUIDE,
        replace(r"docker build --target lock --output", "docker build --target locks --output"),
    ),
)
command(
    "A documented command has an option that Copier does not have",
    edit(GUIDE, replace(r"copier update --skip-answered", "copier update --skip-answer")),
)
command(
    "A documented module does not exist",
    edit(GUIDE, replace(r"^(python -m \{\{ package_name \}\})\.migrate", r"\1.migrations.run")),
)
fact(
    "The guide does not say how to change the isolation",
    edit(GUIDE, without_lines(r"--data isolation=")),
    "test_files.py: documents_what_it_has",
)
fact(
    "The guide links to a heading that does not exist",
    edit(GUIDE, replace(r"\(#services\)", "(#service)")),
)
fact(
    "The guide links to a file that does not exist",
    edit(GUIDE, replace(r"\(README\.md\)", "(READ.md)")),
)
fact(
    "The guide names no place for services of one's own",
    edit(GUIDE, without_lines(r"^\| services;")),
)
fact(
    "The guide says that the template owns the user's README",
    edit(GUIDE, replace(r"^\| `README\.md`, ", "| ")),
)
fact(
    "The guide names another port for the debugger than Compose has",
    edit(GUIDE, replace(r"\{\{ debug_port \}\}", "5678")),
)
fact(
    "The project's README links to a file that does not exist",
    edit(PROJECT_README, replace(r"\(\.env\.example\)", "(.env.sample)")),
)
fact(
    "After the copy, the wrong file is to be sourced",
    edit(NEXT_STEPS, replace(r"^    \. (\w+)/activate$", r"    . \1/activated")),
    "test_life.py: type_next",
)
fact(
    "After the copy, a container that does not exist is to be run",
    edit(NEXT_STEPS, replace("run --rm test$", "run --rm tests")),
    "test_life.py: type_next",
)
fact(
    "The README does not name a question",
    edit(README, replace(r"`registry`", "`registries`")),
    "test_readme.py: question",
)
command(
    "The README's first command does not work",
    edit(README, replace(r"copier copy", "copier copies")),
)
