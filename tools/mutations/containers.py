"""The image, and Docker Compose."""

from __future__ import annotations

from .breaking import (
    Break,
    Edit,
    append,
    between,
    edit,
    inside,
    replace,
    without_block,
    without_lines,
)
from .model import DEVCONTAINER, DEVELOPMENT, DOCKERFILE, PRODUCTION, RUNNER, Mutation, group

mutations: list[Mutation] = []


# --- The image --------------------------------------------------------------------------


def stage(name: str, *edits: Edit) -> Break:
    """Change one stage of the Dockerfile."""
    return edit(DOCKERFILE, between(rf"^FROM .* AS {name}$", "^FROM ", *edits))


# What looks at the text of a Dockerfile or of Compose files needs no engine.
LOOKS = (
    "test_containers.py: service_may or of_an_editor or no_port_in_common or runs_it_as_root "
    "or stopped_by"
)

image = group(
    mutations, "Dockerfile", LOOKS, "test_docker.py: bare_build or command_line", needs="docker"
)
image("The image in production runs as root", stage("runtime", without_lines("^USER ")))
image(
    "Tests and development in the image run as root",
    stage("dev", without_lines("^USER ")),
    LOOKS,
    "test_docker.py: shell_in_the_development or runs_the_tests",
)
image(
    "Packages in the image are installed without a look at hashes",
    stage("installer", replace(" --require-hashes", "")),
    "test_containers.py: hash",
)
image(
    "Packages in the image are installed without uv",
    stage("deps", without_lines("from=installer")),
    "test_containers.py: installs_with",
)
image(
    "No packages are installed where the index has no uv",
    stage("installer", replace(r" \|\| mkdir /uv", "")),
    "test_containers.py: installs_with",
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
    stage("source", replace(r"&& chmod -R a\+rX \.", "")),
    "test_docker.py: tight_modes",
)
image("The program is compiled at each start", stage("source", without_lines("compileall")))
image(
    "Two builds give different bytes",
    stage(
        "installer", replace("--invalidation-mode unchecked-hash", "--invalidation-mode timestamp")
    ),
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
    stage("base", without_lines("/mnt/install")),
    "test_docker.py: adds",
)
image(
    "Certificates of the company are not trusted in the image",
    stage("python", replace(r"\{ cat \"\$file\"; echo; \} >>\S+;", "true;")),
    "test_network.py: behind_the_proxy and image",
)
image(
    "Locking in a container takes other versions than the lock has",
    stage("resolve", replace(r"requirements\*\.in requirements\*\.txt", "requirements*.in")),
    "test_docker.py: locks_without",
)
image(
    "Locking in a container cannot take newer versions",
    stage("resolve", replace(r" \$UPGRADE$", "")),
    "test_docker.py test_container*.py: lock or upgrade",
)
image(
    "Locking in a container replaces a list that is no lock",
    edit(RUNNER, between(r"^def lock\(", r"\Z", replace(r"^    check_locks\(\)\n", ""))),
    "test_adopt.py: lock_target",
)
image(
    "Locking in a container gives no hashes",
    edit(RUNNER, between(r"^def lock\(", r"\Z", replace(r'"--generate-hashes", ', ""))),
    "test_docker.py: locks_without",
)

# --- Compose ----------------------------------------------------------------------------

MAY = "test_production.py: may_nothing and cli"
compose = group(mutations, "Compose", LOOKS, MAY, needs="docker")
compose("Containers no longer drop capabilities", edit(PRODUCTION, without_lines("^ +cap_drop:")))
compose(
    "Containers may write to their file systems",
    edit(PRODUCTION, without_lines("^ +read_only: true")),
)
compose("Containers may gain privileges", edit(PRODUCTION, without_block("^ +security_opt:")))
compose(
    "The program may use all memory",
    edit(PRODUCTION, inside("^  app:", without_lines("mem_limit:"))),
)
compose(
    "The program may start any number of processes",
    edit(PRODUCTION, inside("^  app:", without_lines("pids_limit:"))),
)
compose("The log fills the disk", edit(PRODUCTION, without_lines("max-size:")))
compose(
    "The database has all capabilities",
    edit(PRODUCTION, inside("^  postgres:", replace(r"<<: \*hardened", "cap_add: [ALL]"))),
)
compose(
    "Redis may write to its file system",
    edit(PRODUCTION, inside("^  redis:", replace(r"^( +)user:", r"\1read_only: false\n\1user:"))),
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
    edit(
        DEVELOPMENT,
        inside("^  migrate:", replace("^( +)restart:", r"\1volumes: [./src:/app/src]\n\1restart:")),
    ),
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
    edit(PRODUCTION, inside("^  test:", replace(r"<<: \*hardened", "read_only: true"))),
    LOOKS,
    "test_docker.py: runs_the_tests",
)
compose(
    "The tests in the container may write to its file system",
    edit(PRODUCTION, inside("^  test:", replace(r"^( +)init:", r"\1read_only: false\n\1init:"))),
    LOOKS,
    "test_docker.py: runs_the_tests",
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
        PRODUCTION,
        replace(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "${POSTGRES_PASSWORD:-app}"),
    ),
    LOOKS,
    "test_services.py: refuses_to_start",
)
compose(
    "The program starts before its tables are there",
    edit(PRODUCTION, replace("service_completed_successfully", "service_started")),
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
    edit(DEVELOPMENT, inside("^  test:", replace(r"\.:/app", "./src:/app/src"))),
    LOOKS,
    "test_docker.py: those_of_now",
)
compose(
    "Two checkouts of one project have images of the same names",
    edit(PRODUCTION, replace(r"\$\{COMPOSE_PROJECT_NAME\}", "{{ project_slug }}")),
    "test_docker.py: two_checkouts",
)
compose(
    "The tests run against no service",
    edit(DEVELOPMENT, without_lines("TEST_")),
    LOOKS,
    "test_services.py: tests_of_the_project",
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
    "An editor's container without services has all capabilities",
    edit("template/.devcontainer/devcontainer.json*", replace('"--cap-drop=ALL", ', "")),
    LOOKS,
)
compose(
    "An editor in the container cannot write to the project",
    edit(DEVCONTAINER, inside("^  app:", replace("read_only: false", "read_only: true"))),
    LOOKS,
    "test_devcontainer.py",
)
