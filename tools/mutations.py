"""What mutate.py breaks, one thing at a time: each entry says what a user would lose.

A pattern says what is broken, not how it is written today: when a file is written anew, adapt a
pattern that no longer finds its line, and keep what it stands for. New kinds of files and new
promises get mutations of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from breaking import (
    Break,
    Edit,
    all_of,
    append,
    between,
    delete,
    edit,
    inside,
    not_executable,
    replace,
    swap,
    without_block,
    without_last,
    without_lines,
)


@dataclass(frozen=True)
class Tests:
    """Tests that could notice: each entry names files, and after a colon what `-k` selects."""

    entries: tuple[str, ...]

    def parts(self, root: Path) -> list[tuple[list[Path], str]]:
        """Return the files of each entry that are there, and its selection."""
        parts = []
        for entry in self.entries:
            names, _, keyword = entry.partition(":")
            paths = [path for name in names.split() for path in root.glob(f"tests/{name}")]
            if paths:
                parts.append((sorted({*paths}), keyword.strip()))
        return parts

    def files(self, root: Path) -> list[str]:
        """Return the test files, for the command line of pytest."""
        return sorted({str(path) for paths, _ in self.parts(root) for path in paths})

    def expression(self, root: Path) -> str:
        """Return what selects the tests, for `-k`."""
        terms = []
        for paths, keyword in self.parts(root):
            in_files = " or ".join(path.name for path in paths)
            terms.append(f"(({in_files}) and ({keyword}))" if keyword else f"({in_files})")
        return " or ".join(terms)

    def __str__(self) -> str:
        return "; ".join(self.entries)


@dataclass(frozen=True)
class Mutation:
    """A way to break the template."""

    name: str  # what a user loses
    kind: str  # of the file that is broken
    make: Break
    tests: Tests
    needs: tuple[str, ...] = ()  # what these tests need: docker, or a shell
    harmless: str = ""  # why it is no fault that no test notices


MUTATIONS: list[Mutation] = []


def group(kind: str, *tests: str, needs: str = "") -> Callable[..., None]:
    """Return a function that adds mutations of one kind, with the tests that fit most of them."""

    def add(
        name: str, make: Break, *own_tests: str, needs: str = needs, harmless: str = ""
    ) -> None:
        entries = Tests(own_tests or tests)
        MUTATIONS.append(Mutation(name, kind, make, entries, tuple(needs.split()), harmless))

    return add


# --- Where things are --------------------------------------------------------------------

COPIER = "copier.yml"
NAMES = "includes/names.jinja"
NEXT_STEPS = "includes/next-steps.*"
GITIGNORE = "template/.gitignore*"
DOCKERIGNORE = "template/.dockerignore*"
SETTINGS_EXAMPLE = "template/.env.example*"
PRE_COMMIT = "template/.pre-commit-config.yaml*"
GITHUB = "template/.github/workflows/*ci*"
GITHUB_WEEKLY = "template/.github/workflows/*update*"
GITLAB = "template/.gitlab-ci.yml*"
ALL_CI = f"{GITHUB} {GITHUB_WEEKLY} {GITLAB} includes/github-*"
RENOVATE = "template/renovate.json*"
DOCKERFILE = "template/Dockerfile*"
PRODUCTION = "template/compose*.yaml* !template/compose.override* !template/compose.own*"
DEVELOPMENT = "template/compose.override.yaml*"
DEVCONTAINER = "template/.devcontainer/compose*"
LOCKS = "includes/locks/*.txt"
POSIX = "template/**/activate template/**/*.sh"
CSH, FISH, NU, POWERSHELL, CMD = (
    f"template/**/activate.{x}" for x in ["csh", "fish", "nu", "ps1", "bat"]
)
RUNNER = "template/**/*.py template/**/venv !template/src/**/* !template/tests/**/*"
SOURCE = "template/src/**/*"
GUIDE = "template/DEVELOPMENT.md*"
README = "README.md"
PROJECT_README = "template/README.md*"
PYPROJECT = "template/pyproject.toml*"

# --- The questions -----------------------------------------------------------------------

question = group("question", "test_questions.py test_hostile*.py test_answers*.py: not awkward")
of_questions = "test_questions.py test_life.py test_organisation.py test_readme.py"


def labels_swapped(name: str, first: str, second: str) -> Break:
    """Let two choices of a question change places behind their labels."""
    return edit(COPIER, inside(f"^{name}:", swap(rf"(?<=: ){first}$", rf"(?<=: ){second}$")))


def validator(pattern: str, new: str) -> Edit:
    """Change what a question takes for an answer."""
    return between("^  validator:", r"\Z", replace(pattern, new))


ASKS = (
    "test_questions.py test_life.py test_choices*.py: refuse or asks or choice or label or default"
)
question(
    "Who chooses a virtual environment gets Docker",
    labels_swapped("isolation", "venv", "docker"),
    ASKS,
)
question(
    "Who chooses a command-line program gets a web service",
    labels_swapped("app", "cli", "web"),
    ASKS,
)
question("Who chooses PostgreSQL gets Redis", labels_swapped("services", "postgres", "redis"), ASKS)
question(
    "Who chooses MIT forbids everything",
    labels_swapped("license", "MIT", "Proprietary"),
    ASKS,
)
question("Who chooses GitHub gets files of GitLab", labels_swapped("ci", "github", "gitlab"), ASKS)
question(
    "Who says that there is no company network gets one",
    labels_swapped("company_network", "false", "true"),
    ASKS,
)
question(
    "The default is no longer both kinds of isolation",
    edit(COPIER, inside("^isolation:", replace("^  default: both", "  default: venv"))),
    "test_questions.py test_life.py test_choices*.py: default or asks",
)
question(
    "The newest stable Python is no longer the default",
    edit(COPIER, inside("^python_version:", replace("^  default: .*", '  default: "3.11"'))),
    "test_questions.py test_life.py test_choices*.py: default or asks",
)
question(
    "Code of one's own gets a licence that nobody asked for",
    edit(COPIER, inside("^license:", replace("^  default: .*", "  default: MIT"))),
    "test_questions.py: licence",
)
question(
    "A Copier too old for the template is not told so",
    edit(COPIER, without_lines("^_min_copier_version:")),
    "test_questions.py test_versions*.py test_life.py test_organisation.py test_update.py: copier",
)
question(
    "Services are asked for where nothing runs them",
    edit(COPIER, inside("^services:", without_lines("^  (ask|when):"))),
    "test_questions.py test_life.py test_choices*.py: ask",
)
question(
    "The registry is asked for outside of a company's network",
    edit(COPIER, inside("^registry:", without_lines("^  (ask|when):"))),
    "test_questions.py test_life.py test_choices*.py: ask",
)
question(
    "All web services get the same port",
    edit(COPIER, inside("^port:", replace(r"\(project_name \| sha1\)", "('x' | sha1)"))),
    "test_questions.py: port",
)
question(
    "All debuggers get the same port",
    edit(COPIER, inside("^debug_port:", replace(r"\(project_name \| sha1\)", "('x' | sha1)"))),
    "test_questions.py test_container*.py test_compose*.py: port",
)
question(
    "The databases of all projects get the same port",
    edit(COPIER, inside("^postgres_port:", replace(r"\(project_name \| sha1\)", "('x' | sha1)"))),
    "test_questions.py: port",
)
question(
    "A project with capitals gets a name that Compose refuses",
    edit(COPIER, inside("^project_slug:", replace(r" \| lower", ""))),
    "test_questions.py: names",
)
question(
    "A project called as a module of Python gets that name for its package",
    edit(COPIER, inside("^package_name:", replace(r"name in reserved or ", ""))),
    "test_questions.py: names",
)
question(
    "Servers such as gunicorn are stopped by an interrupt",
    edit(COPIER, inside("^stop_by_interrupt:", replace("^  default: .*", "  default: true"))),
    "test_questions.py test_container*.py test_image.py: signal or exec_form or command",
)

add_validator = group("validator")


def loose(name: str, question: str, pattern: str, new: str) -> None:
    """Let a question take more for an answer than it should."""
    tests = f"test_questions.py test_hostile*.py test_answers*.py: {question} or hostile"
    add_validator(name, edit(COPIER, inside(f"^{question}:", validator(pattern, new))), tests)


loose(
    "A project's name may have a slash",
    "project_name",
    r"\^\[A-Za-z0-9 \.",
    "^[/A-Za-z0-9 .",
)
loose(
    "A project's name may begin with a dash",
    "project_name",
    r"\^\[A-Za-z0-9\]\(\.\*",
    "^(.*",
)
loose("A project's name may have any length", "project_name", r"<= 64\b", "<= 6400")
loose(
    "A package's name may begin with a digit",
    "package_name",
    r"\^\[A-Za-z\]",
    "^[A-Za-z0-9]",
)
loose(
    "A package's name may have any length",
    "package_name",
    r"length > \d+",
    "length > 6400",
)
loose(
    "A package may be called test_something",
    "package_name",
    r" or package_name.lower\(\).startswith\('test_'\)",
    "",
)
loose(
    "A package may be called as a module, in capitals",
    "package_name",
    r"package_name \| lower in",
    "package_name in",
)
loose(
    "A description may have several lines",
    "project_description",
    r"\[\\\\x00-\\\\x1f",
    r"[\\\\x00-\\\\x09",
)
loose(
    "A description may have a line separator of Unicode",
    "project_description",
    r"\\\\u2028\\\\u2029",
    "",
)
loose(
    "A description may be blank",
    "project_description",
    r"not project_description or [^%]*",
    "false ",
)
loose("An author's name may have a comma", "author_name", r",\]'", "]'")
loose("An author's name may have control characters", "author_name", r"\\\\x7f-\\\\x9f", "")
loose(
    "An e-mail address may be on no domain",
    "author_email",
    r"\(\\\\\.\[A-Za-z0-9-\]\+\)\+",
    "",
)
loose(
    "An e-mail address may be anything with an @",
    "author_email",
    r"regex_search\('.*'\)",
    "regex_search('@')",
)
loose("A port may be one that needs root", "port", "1024 <= port", "1 <= port")
loose("A port may be one that does not exist", "port", r"<= 65535", "<= 655350")
loose(
    "A command may have a variable of the shell",
    "command",
    r"\^\[A-Za-z0-9_\./\]",
    "^[$A-Za-z0-9_./]",
)
loose("A command may have a pipe", "command", r"=@%\+,-\]", "=@%+,|-]")
loose(
    "Code may be a folder above the project",
    "code",
    r"\^\[A-Za-z0-9_\]",
    "^[.A-Za-z0-9_]",
)
loose("Code may be a pattern", "code", r"\^\[A-Za-z0-9_\]", "^[*A-Za-z0-9_]")
loose(
    "A registry may be a URL",
    "registry",
    r"regex_search\('\^",
    "regex_search('^(https://)?",
)
loose(
    "A registry's path may have capitals",
    "registry",
    r"\(/\[a-z0-9\]\+",
    "(/[A-Za-z0-9]+",
)
loose(
    "An index may be reached without encryption",
    "package_index",
    "\\^https://",
    "^https?://",
)
loose(
    "A password may get into the answers",
    "package_index",
    r"\{% if '@' in package_index %\}(?s:.*?)\{% elif",
    "{% if",
)
add_validator(
    "An answer may end with a newline",
    edit(COPIER, replace(r"\\\\Z'", "$'")),
    "test_questions.py test_hostile*.py: newline or hostile or refuse",
)
add_validator(
    "A weekly job may be asked for without CI",
    edit(COPIER, inside("^update_bot:", without_lines("validator:|needs ci"))),
    "test_ci*.py test_questions.py: needs_a_ci or refuse",
)

names = group(
    "reserved",
    "test_questions.py test_names*.py test_hostile*.py: names or refuse or keyword or reserved or taken",
)
names("A package may be called as a keyword", edit(NAMES, replace(r"\byield\b", "", 1)))
names(
    "A package may be called as a new module of Python",
    edit(NAMES, replace(r"\bcompression\b", "")),
)
names(
    "A package may be called as a module that a newer Python dropped",
    edit(NAMES, replace(r"\bdistutils\b", "")),
)
names(
    "A package may be called as what the web service needs",
    edit(NAMES, replace(r"\buvicorn\b", "")),
)
names(
    "A package may be called as what the database needs",
    edit(NAMES, replace(r"\bsqlalchemy\b", "")),
)
names("A package may be called redis", edit(NAMES, replace(r"\bredis\b", "")))
names(
    "A package may be called as a tool that every project has",
    edit(NAMES, replace(r"\bruff\b", "")),
)
names("A package may be called as a folder of the project", edit(NAMES, replace(r"\bsrc\b", "")))

# --- Which files, and whose --------------------------------------------------------------

owner = group(
    "ownership",
    "test_update.py test_own*.py test_files.py: own_in or reaches or own_both or stay or overwrit or recopy or owner",
)
of_update = "test_update.py test_own*.py test_files.py: later_version_reaches or both_lists or owner or deleted or copying_over or recopying"


def no_longer_the_users(path: str) -> Break:
    return edit(COPIER, without_lines(rf"^(\s+- |\s+)/{path}$"))


owner(
    "An update overwrites what the user added to .gitignore",
    no_longer_the_users(r"\.gitignore"),
    of_update,
)
owner("An update overwrites the user's README", no_longer_the_users(r"README\.md"), of_update)
owner(
    "An update overwrites the user's services in Compose",
    no_longer_the_users(r"compose\.own\.yaml"),
    of_update,
)
owner(
    "An update overwrites the user's list of dependencies",
    no_longer_the_users(r"requirements\.in"),
    of_update,
)
owner("An update overwrites the user's source", no_longer_the_users("src"), of_update)
owner(
    "An update no longer brings fixes of the Dockerfile",
    edit(
        COPIER,
        replace(r"^(\s+)/\.editorconfig$", r"\1/.editorconfig\n\1/Dockerfile"),
        replace(r"^  - /\.editorconfig$", r"  - /.editorconfig\n  - /Dockerfile"),
    ),
    of_update,
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

FILES = "test_files.py: promised and (3.14 or schedule or renovate)"
files = group("files", FILES)
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
    "test_files.py: promised and postgres",
)
files(
    "A project without a licence gets one",
    edit(COPIER, between('license == "none"', "endif", without_lines("LICENSE"))),
    "test_files.py: promised and none",
)

# --- Small files -------------------------------------------------------------------------

git = group(
    "git", "test_git*.py test_documents.py test_files.py test_venv.py test_small*.py: ignore or git"
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
    all_of(
        *(
            edit(f"template/{name}", without_lines(r"eol=lf"))
            for name in ("**/scripts/.gitattributes",)
        )
    ),
    "test_git*.py test_adopt.py test_files.py: line_ending or batch or git",
)
git(
    "Batch files get Unix' ends of lines in a checkout",
    edit("template/.gitattributes template/*/.gitattributes", replace("eol=crlf", "eol=lf")),
    "test_git*.py test_adopt.py test_files.py: line_ending or batch or git",
)
git(
    "pre-commit lets conflicts of an update pass",
    edit(PRE_COMMIT, replace(r"<\{7\}", "<{70}"), replace(r">\{7\}", ">{70}")),
    "test_life.py: pre_commit",
)
git(
    "pre-commit lets rejected parts of an update pass",
    edit(PRE_COMMIT, replace(r"\\\.rej\$", r"\\.rejected$")),
    "test_life.py: pre_commit",
)

example = group(
    "settings",
    "test_documents.py test_settings*.py test_small*.py test_questions.py test_files.py: example or setting or env or port",
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
    "dockerignore",
    "test_dockerignore*.py test_container*.py test_image.py: ignore or leak",
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
    edit(DOCKERIGNORE, without_lines(r"^\*\*/_?netrc$")),
)
ignored(
    "Files called secrets get into the image", edit(DOCKERIGNORE, without_lines(r"secret.*y\*ml"))
)
ignored(
    "A virtual environment in the source gets into the image",
    edit(DOCKERIGNORE, without_lines("pyvenv|site-packages|/venv$")),
)
ignored(
    "Tests are missing in the image that runs them",
    edit(DOCKERIGNORE, without_lines("^!tests")),
    "test_dockerignore*.py test_docker.py: ignore or runs_the_tests",
)
ignored(
    "The notes in SQLite get into the image",
    edit(DOCKERIGNORE, without_lines(r"\.db")),
    "test_dockerignore*.py test_container*.py test_image.py test_services.py: ignore or leak or note",
)

# --- CI ----------------------------------------------------------------------------------

STATIC = "test_ci*.py: not index and not private and not renovate and not jobs_with_images and not venv_job and not template_job and not newer and not leaving and not hides"
ci = group("CI", STATIC)
ci("GitHub no longer looks for conflicts and drift", edit(GITHUB, without_block("^  template:")))
ci("GitHub no longer tests in the virtual environment", edit(GITHUB, without_block("^  venv:")))
ci("GitHub no longer tests the container", edit(GITHUB, without_block("^  container:")))
ci("GitHub no longer compares environment and image", edit(GITHUB, without_block("^  parity:")))
ci("GitLab no longer looks for conflicts and drift", edit(GITLAB, without_block("^template:")))
ci("GitLab no longer tests in the virtual environment", edit(GITLAB, without_block("^venv:")))
ci("GitLab no longer tests the container", edit(GITLAB, without_block("^container:")))
ci("GitLab no longer compares environment and image", edit(GITLAB, without_block("^parity:")))
ci("GitHub does not look at pull requests", edit(GITHUB, without_block("^  pull_request:")))
ci("GitHub does not look at what is pushed to main", edit(GITHUB, without_block("^  push:")))
ci("GitHub does not look at merge queues", edit(GITHUB, without_block("^  merge_group:")))
ci(
    "GitHub runs the weekly look for a newer template never",
    edit(GITHUB_WEEKLY, without_block("^  schedule:")),
)
ci(
    "GitHub runs the weekly look for a newer template each minute",
    edit(GITHUB_WEEKLY, replace(r'cron: ".*"', 'cron: "* * * * *"')),
)
ci(
    "GitHub's jobs may write to the repository",
    edit(GITHUB, replace("contents: read", "contents: write")),
)
ci(
    "GitHub's jobs get all permissions that there are",
    edit(GITHUB, replace(r"^permissions: \{\}", "permissions: write-all")),
)
ci(
    "GitHub leaves its token in the checkout",
    edit(GITHUB, replace("persist-credentials: false", "persist-credentials: true")),
)
ci(
    "GitHub runs actions that someone can exchange",
    edit(GITHUB, replace(r"(actions/checkout)@\w+ .*", r"\1@v7")),
)
ci("GitHub's jobs may hang for hours", edit(GITHUB, without_lines("timeout-minutes")))
ci("GitHub finishes runs that nobody waits for", edit(GITHUB, without_block("^concurrency:")))
ci("GitLab does not look at merge requests", edit(GITLAB, without_lines("merge_request_event")))
ci(
    "GitLab does not look at tags",
    edit(GITLAB, inside("^workflow:", without_lines("CI_COMMIT_TAG"))),
)
ci(
    "GitLab does not run what is scheduled",
    edit(GITLAB, inside("^workflow:", without_lines('"schedule"'))),
)
ci(
    "GitLab runs two pipelines for one push",
    edit(GITLAB, without_lines("CI_OPEN_MERGE_REQUESTS|when: never")),
)
ci(
    "GitLab looks for a newer template at each push",
    edit(GITLAB, inside("^template-update:", without_block("^  rules:"))),
)
ci("GitLab does not read the user's own jobs", edit(GITLAB, without_block("^include:")))
ci(
    "GitHub no longer builds for production",
    edit(GITHUB, inside("^  container:", without_block("name: .*production"))),
)
ci(
    "GitLab no longer builds for production",
    edit(GITLAB, inside("^container:", without_lines(r"docker build"))),
)
ci(
    "GitHub no longer lints a project with Docker alone",
    edit(GITHUB, inside("^  container:", without_lines("ruff check"))),
)
ci(
    "GitLab no longer lints a project with Docker alone",
    edit(GITLAB, inside("^container:", without_lines("ruff check"))),
)
ci(
    "GitHub no longer tests in the image",
    edit(GITHUB, inside("^  container:", replace("run --rm test$", "run --rm test true"))),
)
ci(
    "The jobs do not check the formatting",
    edit(f"{GITHUB} {GITLAB}", without_lines("^ +(- )?ruff format")),
    "test_ci*.py: venv or static or content or job",
)
ci(
    "The jobs do not run the tests",
    edit(f"{GITHUB} {GITLAB}", without_lines("^ +(- )?pytest$")),
    "test_ci*.py: venv or static or content or job",
)
ci(
    "The jobs do not compare the environment with the locks",
    edit(f"{GITHUB} {GITLAB}", without_lines("venv check$")),
)
ci(
    "The job for drift takes changes by the user for drift",
    edit(f"{GITHUB} {GITLAB}", replace(" --data own_files=false", "")),
    "test_ci*.py: template_job or drift",
)
ci(
    "The job for drift passes over files that .gitignore hides",
    edit(f"{GITHUB} {GITLAB}", replace("--intent-to-add --force", "--intent-to-add")),
    "test_ci*.py: hides or drift",
)
ci(
    "The job for drift passes over conflicts",
    edit(f"{GITHUB} {GITLAB}", replace("if git grep.*", "true")),
    "test_ci*.py: template_job or conflict or static",
)
ci(
    "A template that is not public cannot be read",
    edit(ALL_CI, replace(r"(GIT_CONFIG_VALUE_0[:=] ?)(['\"]).*\2", r"\1\2\2")),
    "test_ci*.py: private or index",
)
ci(
    "CI does not trust the certificates of a company",
    edit("includes/github-* template/.gitlab-ci*", without_lines("find certs")),
    "test_ci*.py: private",
)
ci(
    "The weekly job passes when there is a newer template",
    edit(
        f"{GITHUB_WEEKLY} {GITLAB}",
        replace(r"check-update --quiet", "check-update --quiet || true"),
    ),
    "test_ci*.py: newer",
)
ci(
    "A project that left the template has a red CI",
    edit(f"{GITHUB} {GITHUB_WEEKLY} {GITLAB}", without_lines(r"-f \.copier-answers\.yml")),
    "test_ci*.py: leaving",
)
ci(
    "What the user's jobs need first is not prepared",
    edit("includes/github-*", replace("if .*prepare.sh.*", "true")),
    "test_ci*.py",
)

bot = group("Renovate", "test_ci*.py: renovate", needs="renovate")
bot("Renovate does not look at the locks", edit(RENOVATE, replace('"pip-compile", ', "", 1)))
bot(
    "Renovate does not look for newer versions of the template",
    edit(RENOVATE, replace('"copier", ', "", 1)),
)
bot(
    "Renovate proposes versions of the same day",
    edit(RENOVATE, without_lines('"minimumReleaseAge": "')),
)
bot(
    "Renovate changes files that belong to the template",
    edit(RENOVATE, replace('"enabled": false', '"enabled": true')),
)

# --- The image ---------------------------------------------------------------------------


def stage(name: str, *edits: Edit) -> Break:
    """Change one stage of the Dockerfile."""
    return edit(DOCKERFILE, between(rf"^FROM .* AS {name}$", "^FROM ", *edits))


# What looks at the text of a Dockerfile or of Compose files needs no engine.
LOOKS = "test_container*.py test_compose*.py test_hardening*.py"

image = group("Dockerfile", LOOKS, "test_docker.py: bare_build or command_line", needs="docker")
image("The image in production runs as root", stage("runtime", without_lines("^USER ")))
image(
    "Tests and development in the image run as root",
    stage("dev", without_lines("^USER ")),
    LOOKS,
    "test_docker.py: shell_in_the_development or runs_the_tests",
)
image(
    "The tests in the image run as root",
    stage("test", without_last("^USER ")),
    LOOKS,
    "test_docker.py: runs_the_tests",
)
image(
    "Packages in the image are installed without a look at hashes",
    stage("deps", replace(" --require-hashes", "")),
    LOOKS,
    "test_image.py test_docker.py test_lint.py: hash",
)
image(
    "Tools in the image are installed without a look at hashes",
    stage("dev", replace(" --require-hashes", "")),
    LOOKS,
    "test_image.py test_docker.py test_lint.py: hash",
)
image(
    "`docker build .` builds what is for development",
    edit(DOCKERFILE, append("\n\nFROM dev AS last\n")),
)
image(
    "The program may change its own code",
    stage("runtime", replace("^COPY --from=source", "COPY --chown=10001:10001 --from=source")),
)
image(
    "The program is started by a shell, which keeps signals from it",
    edit(
        DOCKERFILE,
        between(
            "^FROM base AS runtime", r"\Z", replace(r"^(ENTRYPOINT|CMD) .*", r"\1 {{ start }}")
        ),
    ),
    LOOKS,
    "test_docker.py test_questions.py: bare_build or exec_form or own_code",
)
image(
    "A plain program does not stop when it is told to",
    stage("runtime", without_lines("^STOPSIGNAL")),
)
image(
    "Source that only its owner may read does not start",
    stage("source", replace(r"^RUN chmod -R a\+rX \S+ .*\n", "RUN true \\\\\n", 1)),
    "test_docker.py: tight_modes",
)
image("The program is compiled at each start", stage("source", without_lines("compileall")))
image(
    "A package that is missing is noticed in production only",
    stage("source", replace(r'^ +&& python -c "import .*', "    && true")),
    "test_docker.py: missing_package",
)
image(
    "Two builds give different bytes",
    stage("deps", replace("--invalidation-mode unchecked-hash", "--invalidation-mode timestamp")),
    "test_image.py: same_bytes",
)
image(
    "The labels do not tell the version",
    edit(DOCKERFILE, replace(r'="\$VERSION"', '=""')),
    "test_image.py: label",
)
image(
    "The labels do not tell what it is",
    edit(DOCKERFILE, replace(r'(image\.description)=".*"', r'\1=""')),
    "test_questions.py: description",
    needs="",
)
image(
    "The password of an index cannot be given to a build",
    stage("deps", without_lines("id=netrc")),
    LOOKS,
    "test_image.py: password",
)
image(
    "The registry that was chosen is not used",
    edit(DOCKERFILE, replace(r"^FROM \{\{ image_prefix \}\}", "FROM ")),
    "test_network.py test_questions.py test_container*.py: registry or proxy or image",
)
image(
    "Debian packages that were asked for are not installed",
    stage("base", replace(r"apt-get -q install .*", "true; \\\\")),
    "test_docker.py: adds",
)
image(
    "Certificates of the company are not trusted in the image",
    stage("base", replace(r"\{ cat \"\$file\"; echo; \} >>\S+;", "true;")),
    "test_network.py: behind_the_proxy and image",
)
image(
    "Locking in a container takes other versions than the lock has",
    stage("resolve", replace(r"requirements\*\.in requirements\*\.txt \./", "requirements*.in ./")),
    "test_docker.py: locks_without",
)
image(
    "Locking in a container cannot take newer versions",
    stage("resolve", replace(r" \$\{UPGRADE:\+--upgrade\}", "")),
    "test_docker.py test_container*.py: lock or upgrade",
)
image(
    "Locking in a container replaces a list that is no lock",
    stage("resolve", replace(r'grep -qs "\^\[A-Za-z\]" "\$lock"', "false")),
    "test_adopt.py: lock_target",
)
image(
    "Locking in a container gives no hashes",
    stage("resolve", replace(" --generate-hashes", "")),
    "test_docker.py: locks_without",
)

# --- Compose -----------------------------------------------------------------------------

MAY = "test_production.py: may_nothing and cli"
compose = group("Compose", LOOKS, MAY, needs="docker")
compose("Production no longer drops capabilities", edit(PRODUCTION, without_lines("^ +cap_drop:")))
compose(
    "Production may write to its file system", edit(PRODUCTION, without_lines("^ +read_only: true"))
)
compose("Production may gain privileges", edit(PRODUCTION, without_block("^ +security_opt:")))
compose(
    "The program may use all memory",
    edit(PRODUCTION, inside("^  app:", without_lines("mem_limit:"))),
)
compose(
    "The program may start any number of processes",
    edit(PRODUCTION, inside("^  app:", without_lines("pids_limit:"))),
)
compose("The log fills the disk", edit(PRODUCTION, inside("^  app:", without_lines("max-size:"))))
compose(
    "The database has all capabilities",
    edit(PRODUCTION, inside("^  postgres:", without_lines("cap_drop:"))),
    LOOKS,
    "test_services.py test_container*.py: hardened or may or same_with",
)
compose(
    "Redis may write to its file system",
    edit(PRODUCTION, inside("^  redis:", without_lines("read_only:"))),
    LOOKS,
    "test_services.py test_container*.py: hardened or may or same_with",
)
compose(
    "The program in production is reached from other machines",
    edit(PRODUCTION, inside("^  app:", replace(r"^( +- )127\.0\.0\.1:", r"\1"))),
    LOOKS,
    "test_docker.py test_questions.py: this_machine or exec_form",
)
compose(
    "The database in development is reached from other machines",
    edit(DEVELOPMENT, inside("^  postgres:", replace(r"^( +- )127\.0\.0\.1:", r"\1"))),
    LOOKS,
    "test_questions.py: ports",
)
compose(
    "The debugger is reached from other machines",
    edit(DEVELOPMENT, inside("^  debug:", replace(r"^( +- )127\.0\.0\.1:", r"\1"))),
    LOOKS,
    "test_debug.py test_docker.py: breakpoint or this_machine",
)
compose(
    "The database is published in production",
    edit(
        PRODUCTION,
        inside(
            "^  postgres:",
            replace("^( +)volumes:", r'\1ports: ["127.0.0.1:5432:5432"]\n\1volumes:'),
        ),
    ),
    LOOKS,
    "test_services.py: same_with or keeps_its_data",
)
compose(
    "The program in a container may change the source",
    edit(DEVELOPMENT, inside("^  app:", replace("read_only: true", "read_only: false"))),
    LOOKS,
    "test_docker.py: leaves_no_file or command_line",
)
compose(
    "The migrations in a container may change the source",
    edit(DEVELOPMENT, inside("^  migrate:", replace("read_only: true", "read_only: false"))),
    LOOKS,
)
compose(
    "Development in the container leaves files of another user",
    edit(DEVELOPMENT, inside("^  app:", without_lines("^ +user:"))),
    LOOKS,
    "test_docker.py: leaves_no_file or command_line",
)
compose(
    "A missing source folder is made by root",
    edit(DEVELOPMENT, replace("create_host_path: false", "create_host_path: true")),
    LOOKS,
    "test_docker.py: leaves_no_file",
)
compose(
    "The tests in the container have all capabilities",
    edit(DEVELOPMENT, inside("^  test:", without_lines("cap_drop:"))),
    LOOKS,
    "test_docker.py: runs_the_tests",
)
compose(
    "The tests in the container may write to its file system",
    edit(DEVELOPMENT, inside("^  test:", without_lines("^ +read_only:"))),
    LOOKS,
    "test_docker.py: runs_the_tests",
)
compose(
    "The debugged program has all capabilities",
    edit(DEVELOPMENT, inside("^  debug:", without_lines("cap_drop:"))),
    LOOKS,
    "test_debug.py",
)
compose(
    "A program that hangs counts as healthy",
    edit(PRODUCTION, inside("^  app:", replace(r"getresponse\(\)\.status != 200", "sock is None"))),
    LOOKS,
    "test_production.py: healthy",
)
compose(
    "The program does not come back after a crash",
    edit(PRODUCTION, inside("^  app:", replace("restart: unless-stopped", 'restart: "no"'))),
    LOOKS,
    "test_production.py: crash",
)
compose(
    "Zombies are left, and signals do not arrive",
    edit(PRODUCTION, inside("^  app:", without_lines("^ +init: true"))),
    LOOKS,
    "test_production.py: docker_stop or control_c",
)
compose(
    "Settings in .env do not arrive in the container",
    edit(PRODUCTION, inside("^  app:", without_block("env_file:"))),
    "test_docker.py: dotenv",
)
compose(
    "Someone else's image of that name is pulled",
    edit(PRODUCTION, inside("^  app:", without_lines("pull_policy:"))),
    LOOKS,
)
compose(
    "Services of one's own are not started",
    edit(PRODUCTION, without_lines(r"compose\.own\.yaml$")),
    LOOKS,
    "test_docker.py: adds",
)
compose(
    "The data of the database is lost with its container",
    edit(PRODUCTION, inside("^  postgres:", without_block("^    volumes:"))),
    LOOKS,
    "test_services.py: keeps_its_data",
)
compose(
    "Redis forgets what it was told",
    edit(PRODUCTION, inside("^  redis:", without_lines("appendonly"))),
    LOOKS,
    "test_services.py: keeps_its_data",
)
compose(
    "The database starts without a password that was chosen",
    edit(
        f"{PRODUCTION} includes/services*",
        replace(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "${POSTGRES_PASSWORD:-app}"),
    ),
    LOOKS,
    "test_services.py: refuses_to_start",
)
compose(
    "The program starts before its tables are there",
    edit("includes/services*", replace("service_completed_successfully", "service_started")),
    LOOKS,
    "test_services.py: same_with",
)
compose(
    "A change of the source is not seen in development",
    edit(DEVELOPMENT, inside("^  app:", replace('APP_RELOAD: "true"', 'APP_RELOAD: "false"'))),
    LOOKS,
    "test_docker.py: reloads",
)
compose(
    "The tests in the container are those of yesterday",
    edit(DEVELOPMENT, inside("^  test:", without_lines("pull_policy"))),
    LOOKS,
    "test_docker.py: those_of_now",
)
compose(
    "The registry that was chosen is not used for services",
    edit(PRODUCTION, replace(r"\{\{ image_prefix \}\}", "")),
    "test_container*.py test_compose*.py test_network.py test_services.py test_questions.py: registry",
    needs="",
)
compose(
    "An editor's container is replaced by `docker compose`",
    edit(DEVCONTAINER, without_lines("^name:")),
    LOOKS,
    "test_devcontainer.py",
)
compose(
    "An editor in the container cannot write to the project",
    edit(DEVCONTAINER, inside("^  app:", replace("read_only: false", "read_only: true"))),
    LOOKS,
    "test_devcontainer.py",
)

# --- Locks -------------------------------------------------------------------------------

lock = group(
    "lock", "test_locks.py: not docker and not installs_with and not platform and not resolving"
)


def first_package_without_hashes(text: str) -> str:
    """Take all hashes of one package, and leave those of the others."""
    return replace(r"^(rich==\S+)( ;.*?)? \\\n(?:    --hash=\S+(?: \\)?\n)+", r"\1\2\n")(text)


lock(
    "A package is locked without a hash beside others that have one",
    edit("includes/locks/requirements-cli.txt", first_package_without_hashes),
)
lock(
    "A lock names no hash at all",
    edit(
        "includes/locks/requirements-web.txt", replace(r" \\\n(?:    --hash=\S+(?: \\)?\n)+", "\n")
    ),
)
lock(
    "Two locks have different versions of a package",
    edit("includes/locks/requirements-cli.txt", replace(r"^(typer==\d+)\.", r"\1.99")),
)
lock(
    "There is no lock for the command line with Redis",
    delete("includes/locks/requirements-cli-redis.txt"),
)
lock(
    "A lock lacks a package that the application needs",
    edit("includes/locks/requirements-web-redis.txt", replace(r"^redis==(?s:.*?)(?=^\w)", "")),
    "test_locks.py: not docker and not installs_with and not platform",
)
lock(
    "A package for Windows alone is installed everywhere",
    edit(
        "includes/locks/requirements-*cli*.txt", replace(r"^(colorama==\S+) ; \S+.*? \\$", r"\1 \\")
    ),
    "test_locks.py: not docker and not installs_with and not platform",
)
lock(
    "The tool that locks does nothing",
    edit("tools/lock.py", replace(r"^    main\(\)$", "    pass")),
    "test_locks.py: not docker and not installs_with and not platform",
)
lock(
    "The tool that locks takes newer versions unasked",
    edit("tools/lock.py", replace(r"if not upgrade:", "if False:")),
    "test_locks.py: resolv or tool or upgrade",
    harmless="",
)
lock(
    "The tool that locks forgets hashes",
    edit("tools/lock.py", replace(r'"--generate-hashes", ', "")),
    "test_locks.py: resolv or tool or upgrade",
)
lock(
    "The tool that locks goes by the newest Python alone",
    edit("tools/lock.py", replace(r"--python-version=3\.11", "--python-version=3.14")),
    "test_locks.py: resolv or tool or upgrade",
)
lock(
    "Projects do not name a package that they use",
    edit("template/requirements.in*", without_lines("^pydantic-settings")),
    "test_locks.py test_adopt.py: resolv or names or is_there",
)
lock(
    "Development has no pytest",
    edit("template/requirements-dev.in*", without_lines("^pytest$")),
    "test_locks.py: resolv or names",
)

# --- The virtual environment -------------------------------------------------------------

TRACE = "test_venv.py: leaves_no_trace or pythonhome"
VARIABLES = (
    "test_situations.py test_venv.py test_python*.py: no_variable_leads or pythonhome or home"
)
shells = group("activate", TRACE, needs="bash")
shells(
    "PYTHONHOME leads bash and its kind astray",
    edit(POSIX, without_lines(r"^ *\\?unset PYTHONHOME$")),
    VARIABLES,
)
shells(
    "PYTHONHOME leads csh astray",
    edit(CSH, without_lines("unsetenv PYTHONHOME")),
    f"{VARIABLES.partition(':')[0]}: (no_variable_leads or pythonhome) and tcsh",
    needs="tcsh",
)
shells(
    "PYTHONHOME leads fish astray",
    edit(FISH, without_lines("PYTHONHOME")),
    f"{VARIABLES.partition(':')[0]}: pythonhome or (no_variable_leads and fish)",
    needs="fish",
)
shells(
    "PYTHONHOME leads nushell astray",
    edit(NU, without_lines("hide-env .*PYTHONHOME")),
    f"{VARIABLES.partition(':')[0]}: (no_variable_leads or pythonhome) and nu",
    needs="nu",
)
shells(
    "PYTHONHOME leads PowerShell astray",
    edit(POWERSHELL, without_lines("Remove-Item Env:PYTHONHOME")),
    "test_native.py: pwsh",
    needs="pwsh",
)
shells(
    "PYTHONHOME leads cmd astray",
    edit(CMD, without_lines("set PYTHONHOME=")),
    "test_windows.py: leaves_no_trace",
    needs="wine",
)
shells(
    "`deactivate` in bash leaves PATH as it is",
    edit(POSIX, without_lines(r"^ +PATH=\$_venv_old_path")),
    "test_venv.py: leaves_no_trace and bash",
)
shells(
    "`deactivate` in fish leaves variables",
    edit(FISH, replace("&& set -gu .* \\|\\| set -eg .*", "|| true")),
    "test_venv.py: leaves_no_trace and fish",
    needs="fish",
)
shells(
    "`deactivate` in csh leaves its variables",
    edit(CSH, replace("unset _venv_old_\\*", "true")),
    "test_venv.py: leaves_no_trace and tcsh",
    needs="tcsh",
)
shells(
    "`deactivate` in PowerShell leaves variables",
    edit(POWERSHELL, without_lines(r"foreach \(\$variable in")),
    "test_native.py: pwsh and trace",
    needs="pwsh",
)
shells(
    "`deactivate` in cmd leaves variables",
    edit(CMD, between("^:deactivate", r"\Z", without_lines("call :copy"))),
    "test_windows.py: leaves_no_trace",
    needs="wine",
)
shells(
    "bash does not show what is active",
    edit(POSIX, replace(r"^( +)PS1=\$_venv_prompt\$PS1", r"\1:")),
    "test_prompts.py",
    needs="bash fish zsh tcsh nu",
)
shells(
    "fish does not show what is active",
    edit(FISH, without_lines(r"printf '\(%s\) '")),
    "test_prompts.py: fish",
    needs="fish",
)
shells(
    "nushell does not show what is active",
    edit(NU, replace(r'"\\\(\(\$name\)\\\) ', '"')),
    "test_prompts.py: nu",
    needs="nu",
)
shells(
    "A prompt of the user's own gets a second name",
    edit(POSIX, replace(r' && \[ -z "\$\{VIRTUAL_ENV_DISABLE_PROMPT-\}" \]', "")),
    "test_prompts.py test_situations.py test_venv.py: prompt",
    needs="bash",
)
shells(
    "bash goes on when the environment could not be made",
    edit(POSIX, replace(r"sync --if-changed \|\| return", "sync --if-changed || :")),
    "test_venv.py: failure and bash",
)
shells(
    "fish goes on when the environment could not be made",
    edit(FISH, replace(r"sync --if-changed \|\| return", "sync --if-changed")),
    "test_venv.py: failure and fish",
    needs="fish",
)
shells(
    "csh goes on when the environment could not be made",
    edit(CSH, replace(r"sync --if-changed \|\| goto finish", "sync --if-changed")),
    "test_venv.py: failure and tcsh",
    needs="tcsh",
)
shells(
    "PowerShell goes on when the environment could not be made",
    edit(POWERSHELL, without_lines(r"LASTEXITCODE -ne 0\) \{ return")),
    "test_native.py: pwsh and failure",
    needs="pwsh",
)
shells(
    "cmd goes on when the environment could not be made",
    edit(CMD, without_lines("if not %errorlevel%==0 exit")),
    "test_windows.py: failure",
    needs="wine",
)
shells(
    "Another environment is not left first",
    edit(POSIX, without_lines(r"\\deactivate$")),
    "test_situations.py: stock_environment and bash",
)
shells(
    "A second project in fish does not leave the first",
    edit(FISH, without_lines("_venv_deactivate && _venv_deactivate")),
    "test_venv.py: second_project and fish",
    needs="fish",
)
shells(
    "The user's own deactivate is lost",
    edit(POSIX, replace(r"_venv_undo=\"\$\(eval 'typeset -f deactivate'.*", '_venv_undo="')),
    "test_situations.py: own_deactivate and bash",
)
shells(
    "Who executes the script instead of sourcing it hears nothing",
    edit(POSIX, without_lines(r"this file has to be sourced")),
    "test_venv.py: executed and bash",
)
shells(
    "The runner cannot be started",
    not_executable("template/*/venv"),
    "test_venv.py test_files.py test_readme.py: executable or lock or check",
)
shells(
    "A batch file has lines that cmd cannot read",
    edit(CMD, replace(r"\r$", "")),
    "test_lint.py test_files.py: batch or whole and venv-cli-3.14",
    needs="",
)

runner = group(
    "environment", "test_venv.py test_faults.py: lock or check or wrong or noticed", needs="bash"
)
runner(
    "Packages from uv are installed without a look at hashes",
    edit(
        RUNNER,
        between(r"^def install\(", "^def ", replace(r'"--require-hashes", "--allow', '"--allow')),
    ),
    "test_venv.py test_index.py: hash or refused",
)
runner(
    "Packages from pip are installed without a look at hashes",
    edit(
        RUNNER,
        between(
            r"^def install\(",
            "^def ",
            replace(r'"--no-compile", "--require-hashes"', '"--no-compile"'),
        ),
    ),
    "test_venv.py test_index.py: hash or refused",
)
runner(
    "`check` names no packages that are outside of the locks",
    edit(
        RUNNER,
        between(
            "^def check",
            "^def ",
            without_lines("not in the locks"),
            replace("^ +if extra := .*", ""),
        ),
    ),
    "test_venv.py test_faults.py test_locks.py test_check*.py: check",
)
runner(
    "`check` misses files that are gone",
    edit(
        RUNNER,
        between(
            "^def check", "^def ", replace(r"if not \(packages / path\)\.exists\(\)", "if False")
        ),
    ),
    "test_faults.py: check",
)
runner(
    "`check` passes with another Python than is asked for",
    edit(
        RUNNER,
        between("^def check", "^def ", replace(r"if wish and minor\(.*\) != wish", "if False")),
    ),
    "test_venv.py: check or warning",
)
runner(
    "`check` says what is wrong, and passes",
    edit(RUNNER, between("^def main", r"\Z", replace("return 1", "return 0"))),
    "test_venv.py: check",
)
runner(
    "A changed lock is not installed",
    edit(
        RUNNER,
        between(
            "^def fault",
            "^def ",
            replace(
                r"if changed := \[name for name, text", "if changed := [] and [name for name, text"
            ),
        ),
    ),
    "test_venv.py: follows_the_lock",
)
runner(
    "A package that was changed by hand stays so",
    edit(
        RUNNER,
        between("^def fault", "^def ", replace(r"if have.get\(name\) != version", "if False")),
    ),
    "test_faults.py: by_hand or half_removed",
)
runner(
    "A project that was moved has a broken environment",
    edit(
        RUNNER, between("^def fault", "^def ", replace(r'if noted\["root"\] != ROOT', "if False"))
    ),
    "test_venv.py: after_a_move",
)
runner(
    "An update that fails leaves no environment",
    edit(
        RUNNER,
        between(
            "^def set_aside",
            "^# ---",
            without_lines(r"^ +put_back\("),
            replace("^ +if anew or contents.*\n", ""),
        ),
    ),
    "test_venv.py: wrong_hash",
)
runner(
    "A killed set-up is taken for a complete one",
    edit(RUNNER, between("^def set_aside", "^# ---", replace(r"else \[STAMP\]", "else []"))),
    "test_venv.py test_faults.py: killed or kill or half",
)
runner(
    "Two terminals at once make a broken environment",
    edit(RUNNER, replace(r"fcntl\.flock\(file, .*\)", "pass")),
    "test_faults.py: several_terminals or outlives",
)
runner(
    "A folder called .venv that is something else is emptied",
    edit(
        RUNNER,
        without_lines("is not a virtual environment; move it away"),
        replace("^ +if not ours and not new:\n", ""),
    ),
    "test_venv.py: something_else",
)
runner(
    "Settings of pip lead the installation astray",
    edit(RUNNER, replace(r'"PIP_TARGET", ', "")),
    "test_venv.py test_situations.py: install_setting or installs_nothing",
)
runner(
    "PROJECT_PYTHON is passed over",
    edit(
        RUNNER,
        between(
            "^def choose",
            r"\Z",
            replace(r'asked := os\.environ\.get\("PROJECT_PYTHON"\)', 'asked := ""'),
        ),
    ),
    "test_venv.py: project_python",
)
runner(
    "requires-python is passed over",
    edit(RUNNER, between("^def newest", "^def ", replace("^    return .*", "    return 99"))),
    "test_venv.py: requires_python or rules_out or newest",
)
runner(
    "Another Python than was asked for is taken without a word",
    edit(
        RUNNER,
        without_lines("warning: .python-version asks"),
        replace("^ +if wish and version != wish:\n", ""),
    ),
    "test_venv.py: warning",
)
runner(
    "`lock --upgrade` upgrades nothing",
    edit(RUNNER, replace(r'\["--upgrade"\] if upgrade else \[\]', "[]")),
    "test_venv.py test_locks.py test_readme.py: upgrade or lock",
)
runner(
    "`lock` gives no hashes",
    edit(RUNNER, between(r"^def lock\(", r"\Z", replace(r'"--generate-hashes", ', ""))),
    "test_venv.py: locking",
)
runner(
    "`lock` that fails leaves one new and one old lock",
    edit(
        RUNNER,
        between(r"^def lock\(", r"\Z", replace(r"path\.write_bytes\(before\[path\]\)", "pass")),
    ),
    "test_faults.py: together",
)
runner(
    "A folder is locked without a hash",
    edit(
        RUNNER,
        between(
            "^def lock",
            r"\Z",
            replace(r"^ +must_have_hashes.*\n", ""),
            replace("if unhashable := ", "if False and "),
        ),
    ),
    "test_faults.py test_situations.py: folder or hash",
)
runner(
    "A list that is no lock is overwritten",
    edit(RUNNER, between(r"^def lock\(", r"\Z", replace(r"^    must_be_locks\(\).*\n", ""))),
    "test_adopt.py: not_renamed",
)
runner(
    "`clean` leaves the environment",
    edit(RUNNER, between("^def clean", "^def ", replace("anew=True", "anew=False"))),
    "test_venv.py test_faults.py test_windows.py: clean or link_to_a_folder or wrong or own_installs",
)
runner(
    "What the runner says is mixed with answers",
    edit(RUNNER, between("^def say", "^# ---", replace("file=sys.stderr", "file=sys.stdout"))),
    "test_venv.py test_faults.py: one_line or named or check",
)
runner(
    "Certificates of the company are not trusted by pip",
    edit(RUNNER, replace(r'"PIP_CERT", ', "")),
    "test_network.py: environment_is_made or bundle or own_stays",
)
runner(
    "The company's index is used by pip alone",
    edit(RUNNER, without_lines('UV_INDEX_URL"\\]')),
    "test_network.py: environment_is_made",
)
runner(
    "Every activation starts a Python",
    edit(
        "template/**/*.sh template/**/venv",
        replace("^_venv_current\\(\\) \\{$", "_venv_current() {\n    return 1"),
    ),
    "test_venv.py: starts_no_python and bash",
)
runner(
    "`parity` passes when there is a difference",
    edit(RUNNER, without_lines("not the same everywhere"), replace("^    if different:\n", "")),
    "test_parity.py: difference and six",
    needs="docker",
)
runner(
    "`parity` does not look at the image for production",
    edit(RUNNER, replace(r"--target=\{target\}", "--target=test")),
    "test_parity.py: same_on_both",
    needs="docker",
)

# --- What lands of the application -------------------------------------------------------

sample = group("sample", "test_venv.py: runs_the_tests and bash", needs="bash")
sample(
    "The greeting is no setting", edit(SOURCE, replace(r"load_settings\(\)\.greeting", "'Hello'"))
)
sample(
    "A wrong setting ends with pages of traceback",
    edit(SOURCE, replace("except ValidationError", "except KeyError")),
    "test_production.py test_settings*.py test_venv.py: setting or runs_the_tests",
    needs="docker",
)
sample(
    "The web service listens on every address",
    edit(SOURCE, replace(r'host: str = "127.0.0.1"', 'host: str = "0.0.0.0"')),
    "test_venv.py test_settings*.py test_sample*.py test_documents.py: setting or example or listen or host",
)
sample(
    "A note is lost",
    edit(SOURCE, without_lines(r"session\.commit\(\)")),
    "test_sample*.py test_services.py: keeps or virtual_environment or command_line",
    needs="docker",
)
sample(
    "Visits that come at once are counted once",
    edit(SOURCE, replace(r"^( +)with self\.lock:", r"\1if True:")),
    "test_sample*.py test_services.py: count or tests_of_the_project",
    needs="docker",
)
sample(
    "A service that does not answer counts as ready",
    edit(SOURCE, replace("response.status_code = 503", "response.status_code = 200")),
    "test_sample*.py test_services.py: tests_of_the_project or fault",
    needs="docker",
)
sample(
    "The tables in SQLite are not made",
    edit(SOURCE, replace("^( +)upgrade\\(\\)$", r"\1pass")),
    "test_sample*.py test_services.py: tests_of_the_project or virtual_environment",
    needs="docker",
)
sample(
    "The password of the database is not used",
    edit(SOURCE, replace("if settings.postgres_password and not", "if False and not")),
    "test_sample*.py test_services.py: tests_of_the_project or command_line",
    needs="docker",
)
sample(
    "pytest in a project finds no source",
    edit(PYPROJECT, without_lines("^pythonpath")),
    "test_venv.py test_ci*.py: runs_the_tests and bash or venv_job",
)
sample(
    "`uv sync` changes what is locked",
    edit(PYPROJECT, without_lines("^managed = false")),
    "test_venv.py: uv_changes",
)
sample(
    "The licence in the metadata is another than in the file",
    edit(PYPROJECT, replace(r"else license \}\}", "else 'MIT' }}")),
    "test_questions.py: licence",
    needs="",
)
sample(
    "The text of the licence is cut off",
    edit("includes/licenses/MIT.txt", replace(r"^THE SOFTWARE IS PROVIDED(?s:.*)", "")),
    "test_questions.py test_documents.py test_licen*.py: licence",
    needs="",
)
sample(
    "The command that the package installs does not start",
    edit(PYPROJECT, replace(r"__main__:main", "__main__:start")),
    "test_venv.py test_ci*.py test_sample*.py: pip_install",
)

# --- Documents ---------------------------------------------------------------------------

document = group(
    "document",
    "test_documents.py test_readme.py test_files.py test_questions.py: document or readme or command or question or link or first",
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
    "test_readme.py test_documents.py",
)
