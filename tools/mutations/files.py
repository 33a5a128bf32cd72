"""Which files a project gets, whose they are, and what its small files say."""

from __future__ import annotations

from .breaking import Break, between, edit, replace, without_lines
from .model import COPIER, DOCKERIGNORE, GITIGNORE, SETTINGS_EXAMPLE, Mutation, group

mutations: list[Mutation] = []


# --- Which files, and whose -------------------------------------------------------------

owner = group(mutations, "ownership", "test_own_files.py", "test_files.py: both_lists")


def no_longer_the_users(path: str) -> Break:
    return edit(COPIER, without_lines(rf"^(\s+- |\s+)/{path}$"))


owner(
    "An update overwrites what the user added to .gitignore",
    no_longer_the_users(r"\.gitignore"),
)
owner("An update overwrites the user's README", no_longer_the_users(r"README\.md"))
owner(
    "An update overwrites the user's services in Compose",
    no_longer_the_users(r"compose\.own\.yaml"),
)
owner(
    "An update overwrites the user's list of dependencies",
    no_longer_the_users(r"requirements\.in"),
)
owner("An update overwrites the user's source", no_longer_the_users("src"))
owner(
    "An update no longer brings fixes of the Dockerfile",
    edit(
        COPIER,
        replace(r"^(\s+)/\.gitignore$", r"\1/Dockerfile\n\1/.gitignore"),
        replace(r"^  - /\.gitignore$", r"  - /Dockerfile\n  - /.gitignore"),
    ),
)
owner(
    "Copying over code that is there overwrites its pyproject.toml",
    edit(COPIER, without_lines(r"app == 'own' %\}/pyproject")),
    "test_files.py test_adopt.py: both_lists or files_that_both_have",
)
owner(
    "Looking for drift reports the user's own files",
    edit(COPIER, replace(r" or not own_files %\}", " %}")),
    "test_life.py: no_drift",
)

files = group(mutations, "files", "test_files.py: exactly_the_promised")
files(
    "Docker alone leaves scripts that need a Python",
    edit(COPIER, between("if not use_venv", "endif", without_lines(r"^ +/\w"))),
)
files(
    "A virtual environment alone leaves a Dockerfile",
    edit(COPIER, between("if not use_docker", "endif", without_lines("/Dockerfile"))),
)
files(
    "Every project gets a folder for certificates",
    edit(COPIER, between("if not company_network", "endif", without_lines("/certs"))),
)
files(
    "Every project gets settings of Renovate",
    edit(COPIER, between('update_bot != "renovate"', "endif", without_lines("/renovate"))),
)
files(
    "A weekly workflow comes that was not asked for",
    edit(COPIER, between('update_bot != "schedule"', "endif", without_lines("workflows"))),
)
files(
    "A project without Redis gets code for it",
    edit(COPIER, between('"redis" not in', "endif", without_lines("counter"))),
)
files(
    "A project without a licence gets one",
    edit(COPIER, between('license == "none"', "endif", without_lines("LICENSE"))),
)

# --- Small files ------------------------------------------------------------------------

git = group(
    mutations,
    "git",
    "test_gitignore.py",
)
git("The user's passwords get into git", edit(GITIGNORE, without_lines(r"^/?\.env$")))
git("The virtual environment gets into git", edit(GITIGNORE, without_lines(r"^/?\.venv/?$")))
git(
    "The lock of the virtual environment gets into git",
    edit(GITIGNORE, without_lines(r"^/?\.venv\.lock$")),
)
git("Bytecode gets into git", edit(GITIGNORE, without_lines("^__pycache__")))
git("The notes in SQLite get into git", edit(GITIGNORE, without_lines(r"\.db")))
git(
    "Private keys beside certificates get into git",
    edit("template/certs/.gitignore*", without_lines(r"\.key")),
)
git(
    "Shell scripts get Windows' ends of lines in a checkout there",
    edit("template/dev/.gitattributes", without_lines("^\\* text eol=lf")),
    "test_line_endings.py",
)
git(
    "Batch files get Unix' ends of lines in a checkout",
    edit("template/dev/.gitattributes", replace("eol=crlf", "eol=lf")),
    "test_line_endings.py",
)
git(
    "An update does not say how conflicts are found",
    edit("includes/after-update.txt", replace("git diff --check", "git diff")),
    "test_life.py: conflicts",
)
git(
    "An update does not name what a switch leaves behind",
    edit("includes/after-update.txt", without_lines("^Nothing uses")),
    "test_life.py: leaves_behind",
)

example = group(
    mutations,
    "settings",
    "test_settings_example.py",
    "test_questions.py: ports",
)
example(
    "The password of the database is not in the example of settings",
    edit(SETTINGS_EXAMPLE, without_lines("^POSTGRES_PASSWORD=")),
)
example(
    "Nobody learns how the greeting is set", edit(SETTINGS_EXAMPLE, without_lines("APP_GREETING"))
)
example(
    "The example of settings has another port of the database than Compose",
    edit(SETTINGS_EXAMPLE, replace(r"\{\{ postgres_port \}\}", "5432")),
)
example(
    "The example of settings says another address of Redis than Compose has",
    edit(SETTINGS_EXAMPLE, replace(r"\{\{ redis_port \}\}", "6379")),
)

ignored = group(
    mutations,
    "dockerignore",
    "test_context.py",
    needs="docker",
)
ignored("Everything in the project reaches the build", edit(DOCKERIGNORE, without_lines(r"^\*$")))
ignored(
    "Hidden files such as .env get into the image",
    edit(DOCKERIGNORE, without_lines(r"^\*\*/\.\*$")),
)
ignored("Private keys get into the image", edit(DOCKERIGNORE, without_lines(r"^\*\*/\*\.key$")))
ignored("Keys of SSH get into the image", edit(DOCKERIGNORE, without_lines(r"^\*\*/id_rsa")))
ignored(
    "Passwords for package indexes get into the image",
    edit(DOCKERIGNORE, without_lines(r"^\*\*/\*netrc$")),
)
ignored(
    "Files called secrets get into the image", edit(DOCKERIGNORE, without_lines(r"secret.*y\*ml"))
)
ignored(
    "A virtual environment in the source gets into the image",
    edit(DOCKERIGNORE, without_lines("pyvenv|site-packages|/venv$")),
)
ignored(
    "Files in .well-known are missing in the image",
    edit(DOCKERIGNORE, without_lines(r"^!.*well-known")),
    "test_context.py",
)
ignored(
    "The notes in SQLite get into the image",
    edit(DOCKERIGNORE, without_lines(r"\.db")),
    "test_context.py",
)
