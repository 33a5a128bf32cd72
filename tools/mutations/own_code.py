"""Code that was not written for the template: where it writes, its health, its build and tests."""

from __future__ import annotations

from .breaking import edit, replace, without_lines
from .model import (
    COPIER,
    DEVELOPMENT,
    DOCKERFILE,
    DOCKERIGNORE,
    GITHUB,
    GITLAB,
    PRODUCTION,
    RUNNER,
    SOURCE,
    Mutation,
    group,
)

mutations: list[Mutation] = []

CHECK = "includes/check.jinja"
MANIFEST = "template/kustomize/base/deployment.yaml*"

# --- Where it writes --------------------------------------------------------------------

writes = group(mutations, "own code", "test_containers.py: service_may", needs="docker")
writes(
    "A program does not keep what it writes",
    edit(PRODUCTION, without_lines(r"^ +- \{\{ name \}\}:/app")),
)
writes(
    "Development and production change the files of each other",
    edit(DEVELOPMENT, replace(r"\{\{ name \}\}-development", "{{ name }}")),
)
writes(
    "Development does not start without the folder",
    edit(DEVELOPMENT, without_lines("^ +- .*:/mnt/")),
)
writes(
    "Nobody can write to a new volume",
    edit(DOCKERFILE, replace("-m 1777 -o 10001 -g 10001", "-m 755")),
    "test_own_code.py: example_in",
)
writes(
    "Only production can write to a new volume",
    edit(DOCKERFILE, replace("-m 1777", "-m 755")),
    "test_own_code.py: example_in",
)
writes(
    "The data of this machine gets into the image",
    edit(DOCKERIGNORE, without_lines(r"^\{\{ folder \}\}")),
    "test_context.py",
)
writes(
    "On Kubernetes, the program writes elsewhere",
    edit(MANIFEST, replace(r"/app/\{\{ folder \}\}", "/{{ folder }}")),
    "test_kubernetes_files.py: has_what_compose",
)
writes(
    "A folder of the code is hidden by a volume",
    edit(COPIER, replace(r"writes\.split\(\) \| select\('in', code\.split\(\)\) \| list", "false")),
    "test_questions.py test_bounds.py",
    needs="",
)
writes(
    "Two folders share a volume",
    edit(COPIER, replace(r"names\.split\(\) \| unique \| list != names\.split\(\)", "false")),
    "test_questions.py test_bounds.py",
    needs="",
)

# --- When it is healthy -----------------------------------------------------------------

health = group(mutations, "own code", "test_own_code.py: healthy or protocol or localhost")
health(
    "A server whose workers fail is healthy",
    edit(CHECK, replace(r"raise SystemExit\(.*\)", "pass")),
)
health(
    "A connection that is closed without a byte is healthy",
    edit(CHECK, replace(r"not connection\.recv\(4096\)", "connection.recv(4096) is None")),
)
health(
    "Django logs each check as a wrong host",
    edit(CHECK, replace("Host: localhost", "Host: app")),
)
health(
    "A program that speaks another protocol is never healthy",
    edit(CHECK, replace('protocol == "http"', "true")),
)
health(
    "A program on localhost alone is healthy",
    edit(CHECK, replace(r"gethostname\(\), ", '"localhost", ')),
    "test_adopt.py: localhost_alone",
    needs="docker",
)

# --- How it is built and tested ---------------------------------------------------------

build = group(mutations, "own code", "test_own_code.py: steps or a_step", needs="docker")
build(
    "The project's own steps are left out of production",
    edit(DOCKERFILE, replace(r"sh -eu /mnt/build\.sh", "true")),
)
build(
    "A step that fails is overlooked",
    edit(DOCKERFILE, replace("sh -eu", "sh -u")),
)
build(
    "What the steps made is not in the image",
    edit(DOCKERFILE, replace(r"COPY --from=source /app \.", "COPY --from=source /app/src src")),
)
build(
    "The project's own steps do not reach the build",
    edit(DOCKERIGNORE, without_lines(r"^!dev/build\.sh")),
)
build(
    "The container of the tests runs pytest, whatever the answer",
    edit(
        DEVELOPMENT, replace(r"command: \{\{ test\.split\(\) \| to_json \}\}", "command: [pytest]")
    ),
    "test_hostile.py: arrives_unharmed",
    needs="",
)
build(
    "The runner runs pytest, whatever the answer",
    edit(RUNNER, replace(r"\{\{ test\.split\(\) \| tojson \}\}", '["pytest"]')),
    "test_own_code.py: one_file_at_the_root",
)
build(
    "CI runs pytest, whatever the answer",
    edit(f"{GITHUB} {GITLAB}", replace(r"\{\{ test \}\}", "pytest")),
    "test_ci_files.py",
    needs="",
)

# --- The sample application -------------------------------------------------------------

sample = group(mutations, "own code", "test_settings_example.py: in_the_project")
sample(
    "The notes seem lost when the program starts in another folder",
    edit(SOURCE, replace(r"\{PROJECT / '(.*)'\}", r"\1")),
)
sample(
    "An error names a variable that does not exist",
    edit(SOURCE, replace(" if name in Settings.model_fields else str.name.", "")),
)
