"""The sample application and its metadata."""

from __future__ import annotations

from .breaking import edit, replace, without_lines
from .model import PYPROJECT, SOURCE, Mutation, group

mutations: list[Mutation] = []


sample = group(mutations, "sample", "test_venv.py: runs_the_tests", needs="bash")
sample(
    "The greeting is no setting", edit(SOURCE, replace(r"load_settings\(\)\.greeting", "'Hello'"))
)
sample(
    "A wrong setting ends with pages of traceback",
    edit(SOURCE, replace("except ValidationError", "except KeyError")),
    "test_production.py test_venv.py: setting or runs_the_tests",
    needs="docker",
)
sample(
    "The web service listens on every address",
    edit(SOURCE, replace(r'host: str = "127.0.0.1"', 'host: str = "0.0.0.0"')),
    "test_settings_example.py: this_machine",
)
sample(
    "A note is lost",
    edit(SOURCE, without_lines(r"session\.commit\(\)")),
    "test_services.py: keeps or virtual_environment or command_line",
    needs="docker",
)
sample(
    "Visits that come at once are counted once",
    edit(SOURCE, replace(r"^( +)with self\.lock:", r"\1if True:")),
    "test_services.py: count or tests_of_the_project",
    needs="docker",
)
sample(
    "A service that does not answer counts as ready",
    edit(SOURCE, replace("response.status_code = 503", "response.status_code = 200")),
    "test_services.py: tests_of_the_project or fault",
    needs="docker",
)
sample(
    "The tables in SQLite are not made",
    edit(SOURCE, replace("^( +)upgrade\\(\\)$", r"\1pass")),
    "test_services.py: tests_of_the_project or virtual_environment",
    needs="docker",
)
sample(
    "The password of the database is not used",
    edit(SOURCE, replace("if settings.postgres_password and not", "if False and not")),
    "test_services.py: tests_of_the_project or command_line",
    needs="docker",
)
sample(
    "pytest in a project finds no source",
    edit(PYPROJECT, without_lines("^pythonpath")),
    "test_venv.py test_ci*.py: runs_the_tests or venv_job",
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
    "test_licence_texts.py",
    needs="",
)
sample(
    "The command that the package installs does not start",
    edit(PYPROJECT, replace(r"__main__:main", "__main__:start")),
    "test_metadata.py",
)
