"""What is asked, and what is taken for an answer."""

from __future__ import annotations

from .breaking import Break, edit, excused, inside, replace, swap, without_lines
from .model import COPIER, NAMES, Mutation, group

mutations: list[Mutation] = []


question = group(mutations, "question", "test_asked.py test_life.py: asks or default")


def labels_swapped(name: str, first: str, second: str) -> Break:
    """Let two choices of a question change places behind their labels."""
    return edit(COPIER, inside(f"^{name}:", swap(rf"(?<=: ){first}$", rf"(?<=: ){second}$")))


question(
    "Who chooses a virtual environment gets Docker",
    labels_swapped("isolation", "venv", "docker"),
)
question(
    "Who chooses a command-line program gets a web service",
    labels_swapped("app", "cli", "web"),
)
question("Who chooses PostgreSQL gets Redis", labels_swapped("services", "postgres", "redis"))
question(
    "Who chooses MIT forbids everything",
    labels_swapped("license", "MIT", "Proprietary"),
)
question("Who chooses GitHub gets files of GitLab", labels_swapped("ci", "github", "gitlab"))
question(
    "Who says that there is no company network gets one",
    labels_swapped("company_network", "false", "true"),
)
question(
    "The default is no longer both kinds of isolation",
    edit(COPIER, inside("^isolation:", replace("^  default: both", "  default: venv"))),
)
question(
    "The newest stable Python is no longer the default",
    edit(COPIER, inside("^python_version:", replace("^  default: .*", '  default: "3.11"'))),
)
question(
    "Code of one's own gets a licence that nobody asked for",
    edit(COPIER, inside("^license:", replace("^  default: .*", "  default: MIT"))),
    "test_questions.py: licence",
)
question(
    "A Copier too old for the template is not told so",
    edit(COPIER, without_lines("^_min_copier_version:")),
    "test_bounds.py test_questions.py test_organisation.py: copier",
)
question(
    "Services are asked for where nothing runs them",
    edit(COPIER, inside("^services:", without_lines("^  (ask|when):"))),
)
question(
    "The registry is asked for outside of a company's network",
    edit(COPIER, inside("^registry:", without_lines("^  (ask|when):"))),
)
question(
    "All web services get the same port",
    edit(COPIER, inside("^port:", replace(r"\(project_name \| sha1\)", "('x' | sha1)"))),
    "test_questions.py: port",
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
    "test_questions.py test_containers.py test_image.py: signal or exec_form or stop",
)

validator = group(mutations, "validator")


def accepts(question: str, name: str, condition: str) -> None:
    """Let a question take an answer that it should refuse: each for which this is so."""
    validator(
        name,
        edit(COPIER, inside(f"^{question}:", excused(condition))),
        f"test_bounds.py test_hostile.py test_questions.py: {question} or hostile or whatever_comes "
        "or each_way_refuses or kept",
    )


accepts("project_name", "A project's name may have a slash", "'/' in project_name")
accepts("project_name", "A project's name may begin with a dash", "project_name.startswith('-')")
accepts("project_name", "A project's name may have 65 characters", "project_name | length == 65")
accepts("project_name", "A project's name may have a second line", r"'\n' in project_name")
accepts(
    "project_name",
    "A project may be called as a device of Windows",
    "project_name | lower in ['con', 'aux', 'nul', 'prn', 'com1', 'lpt1']",
)
accepts(
    "package_name",
    "A package's name may begin with a digit",
    "package_name[:1] in '0123456789'",
)
accepts("package_name", "A package's name may have 65 characters", "package_name | length == 65")
accepts(
    "package_name", "A package may be called test_something", "package_name.startswith('test_')"
)
accepts(
    "package_name",
    "A package may be called as a module, in capitals",
    "package_name != package_name | lower",
)
accepts("package_name", "A package's name may have a dash", "'-' in package_name")
accepts("project_description", "A description may have lines", r"'\n' in project_description")
accepts(
    "project_description",
    "A description may have a line separator of Unicode",
    r"'\u2028' in project_description",
)
accepts("project_description", "A description may be blank", "not project_description.strip()")
accepts("author_name", "An author's name may have a comma", "',' in author_name")
accepts("author_name", "An author's name may have control characters", r"'\x7f' in author_name")
accepts("author_name", "An author's name may have a second line", r"'\n' in author_name")
accepts(
    "author_email",
    "An e-mail address may be on no domain",
    "'.' not in author_email.split('@')[-1]",
)
accepts("author_email", "An e-mail address may have two dots in a row", "'..' in author_email")
accepts("author_email", "An e-mail address may have blanks", "' ' in author_email")
accepts("port", "A port may be one that needs root", "0 < port | int(default=0) < 1024")
accepts("port", "A port may be one that does not exist", "port | int(default=0) > 65535")
accepts("port", "A port may be a word", "port | string | regex_search('^[a-z]')")
accepts("command", "A command may have a variable of the shell", "'$' in command")
accepts("command", "A command may have a pipe", "'|' in command")
accepts("command", "A command may have quotes", '"\'" in command')
accepts("code", "Code may be a folder above the project", "'..' in code")
accepts("code", "Code may be a pattern", "'*' in code")
accepts("code", "Code may be a folder of the system", "code.startswith('/')")
accepts("registry", "A registry may be a URL", "'://' in registry")
accepts("registry", "A registry's path may have capitals", "registry != registry | lower")
accepts("registry", "A registry may begin with a dash", "registry.startswith('-')")
accepts(
    "package_index",
    "An index may be reached without encryption",
    "package_index.startswith('http://')",
)
accepts("package_index", "A password may get into the answers", "'@' in package_index")
validator(
    "A weekly job may be asked for without CI",
    edit(COPIER, inside("^update_bot:", replace(r'\{% if ci == "none" %\}', "{% if false %}"))),
    "test_ci*.py test_questions.py test_hostile.py: needs_a_ci or refuse or kept",
)

names = group(
    mutations,
    "reserved",
    "test_questions.py test_bounds.py: names or keyword or package_may_not or taken",
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
