"""What is asked, and what is taken for an answer."""

from __future__ import annotations

from .breaking import Break, Edit, between, edit, inside, replace, swap, without_lines
from .model import COPIER, NAMES, Mutation, group

mutations: list[Mutation] = []


question = group(
    mutations, "question", "test_questions.py test_hostile*.py test_answers*.py: not awkward"
)
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

add_validator = group(mutations, "validator")


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
    mutations,
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
