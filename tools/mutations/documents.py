"""What the documents say."""

from __future__ import annotations

from .breaking import edit, replace, without_lines
from .model import GUIDES, NEXT_STEPS, PROJECT_README, README, Mutation, group

mutations: list[Mutation] = []


COMMANDS = "test_documents.py: command_fits or names_fits"
FACTS = "test_documents.py: link or file_that_is_named or port or service_in"

command = group(mutations, "document", COMMANDS)
fact = group(mutations, "document", FACTS)

command(
    "A documented command names a service that does not exist",
    edit(GUIDES, replace(r"(docker compose run (?:--\S+ )*)(app|test|migrate)\b", r"\1no-\2", 1)),
)
command(
    "A documented command names a subcommand that does not exist",
    edit(GUIDES, replace(r"(\w+/(?:venv|do) )(lock|check|clean)\b", r"\1\2s", 1)),
)
command(
    "A documented command sources a file that does not exist",
    edit(GUIDES, replace(r"source (\S+)/activate\.fish", r"source \1/activate.fsh", 1)),
)
command(
    "A documented command names a target that does not exist",
    edit(GUIDES, replace(r"--target lock\b", "--target locks", 1)),
)
command(
    "A documented command has an option that Copier does not have",
    edit(GUIDES, replace("copier update --(defaults|skip-answered)", r"copier update --\1-all", 1)),
)
command(
    "A documented module does not exist",
    edit(
        GUIDES,
        replace(
            r"(python -m (?:\{\{ package_name \}\}|my_project))\.migrate\b", r"\1.migrations.run", 1
        ),
    ),
)
fact(
    "The guide does not say how to change the isolation",
    edit(GUIDES, without_lines(r"--data isolation=")),
    "test_files.py: documents_what_it_has",
)
fact(
    "The guide links to a heading that does not exist",
    edit(GUIDES, replace(r"\]\((\S*)#[a-z-]+\)", r"](\1#no-such-heading)", 1)),
)
fact(
    "The guide links to a file that does not exist",
    edit(GUIDES, replace(r"\(README\.md\)", "(READ.md)")),
)
fact(
    "The guide names no place for services of one's own",
    edit(GUIDES, without_lines(r"^\| .* \| services; ")),
    "test_ownership_table.py",
)
fact(
    "The guide says that the template owns the user's README",
    edit(GUIDES, replace(r"^\| `README\.md`, ", "| ")),
    "test_ownership_table.py",
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
    edit(NEXT_STEPS, replace(r"run --rm test$|(?<=/do )test$", r"\g<0>s")),
    "test_life.py: type_next",
)
fact(
    "The page of the questions does not name one",
    edit("docs/questions.md", replace(r"`registry`", "`registries`")),
    "test_readme.py: question",
)
command(
    "The README's first command does not work",
    edit(README, replace(r"copier copy", "copier copies")),
)
fact(
    "The README has a figure that nobody measured",
    edit(README, replace(r"\| (\d+) MB", r"| 1\1 MB", 1)),
    "test_pages.py: measured",
)
fact(
    "A picture shows a command that no longer exists",
    edit("docs/pictures/*.svg", replace(r"dev/do&#160;test", "dev/do&#160;tests")),
    "test_pages.py: commands_that_exist",
)
fact(
    "A picture shows a question that is no longer asked",
    edit("copier.yml", replace(r"How do you want to isolate", "How shall we isolate")),
    "test_pages.py: questions_that_exist",
)
fact(
    "The page in Japanese has another command",
    edit("docs/choose.ja.md", replace(r"isolation=docker", "isolation=venv")),
    "test_pages.py: same_commands",
)
fact(
    "The place of a service is forgotten",
    edit("template/compose.override.yaml*", replace(r"\bredis\b", "cache")),
    "test_contributing.py: place",
)
