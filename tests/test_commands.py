"""Each command in a block of the README, of docs/ and of DEVELOPMENT.md is run by some test.

The table names that test, or the reason why there is none. Commands in running text are read by
test_documents.py, which looks for each file, option and service that they name.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import copier
import pytest
from support.commands import ROOT, run
from support.projects import Bakery
from test_documents import PROJECTS, blocks, label

PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]

ANOTHER_PROGRAM = "no test: another program does this, and nothing of the template takes part"
NO_SERVER = "no test: needs a registry of your own"
NO_PODMAN = "no test: Podman and podman-compose were tried by hand, on Debian"
THIS_FILE = "test_commands.py"

# A pattern for the beginning of a command, and the test that runs it.
EVIDENCE = {
    # Making and changing a project
    r"uvx copier copy gh:OWNER/REPO": "test_readme.py: test_the_start_with_an_address",
    r"cd my-project$": "test_readme.py: test_the_start_with_an_address",
    r"git init$": "test_readme.py: test_the_start_with_an_address",
    # Measuring
    r"python3 -m venv \.venv$": "test_readme.py: test_the_first_command",
    r"\.venv/bin/pip install -q -r tools": "no test: takes minutes; test_pages.py compares the results",
    r"\.venv/bin/python tests/benchmarks": "no test: takes minutes; test_pages.py compares the results",
    r"python3 -m venv .*copier copy --defaults": "test_readme.py: test_the_first_command",
    r"python3 -m venv .*/pytest$": "test_readme.py: test_ci_runs_the_second_command",
    r"copier update --defaults( --data \w+=\S+)*$": "test_update.py: test_any_answer_can_change",
    r"copier update --defaults --data (code|writes)=": "test_update.py: test_any_answer_can_change",
    r"copier update --defaults --prereleases": "test_organisation.py: test_a_fork_takes_over",
    r"GIT_CONFIG_COUNT=1 .* copier update": f"{THIS_FILE}: test_an_update_without_hooks",
    r"git restore --source=HEAD": "test_life.py: test_an_update_that_was_killed",
    r"copier recopy --defaults --overwrite": "test_life.py: test_after_a_version_was_deleted",
    r"copier recopy --quiet": "test_update.py: test_recopying_restores",
    r"\(": "test_life.py: test_tells_which_of_the_templates_files_were_changed",
    r"mkdir \.\./fresh": "test_life.py: test_a_fresh_project_shows",
    r"copier recopy --defaults --vcs-ref=": "test_life.py: test_a_fresh_project_shows",
    r"diff -ru": "test_life.py: test_a_fresh_project_shows",
    r"git checkout HEAD -- pyproject.toml": "test_update.py: test_any_answer_can_change",
    r"git (diff|status)$": ANOTHER_PROGRAM,
    r"git status --short --ignored": ANOTHER_PROGRAM,
    r"git config --global --add safe.directory": ANOTHER_PROGRAM,
    # Adopting, and many projects
    r"copier copy --data app=own": "test_adopt.py: test_changes_nothing_but_what_the_page_says",
    r"dev/activate\.ps1": "test_venv.py: test_leaves_no_trace",
    r"dev/do adopt": "test_adopt.py: test_changes_nothing_but_what_the_page_says",
    r"git (add --all|commit)": "test_adopt.py: test_changes_nothing_but_what_the_page_says",
    r"copier copy --data-file": "test_organisation.py: test_a_data_file_fixes_answers",
    r"cd my-service": "test_organisation.py: test_a_data_file_fixes_answers",
    r"git (fetch TEMPLATE|merge|tag|push)": "test_organisation.py: test_a_fork_takes_over",
    r"for project in": "test_organisation.py: test_rolling_out",
    r"grep -h '\^_commit": "test_organisation.py: test_rolling_out",
    # The everyday commands
    r"\. dev/activate": "test_documents.py: test_the_commands_of_daily_work",
    r"dev/do (run|test|lint|format|lock|sync)\b": "test_documents.py: test_the_commands_of_daily_work",
    r"dev/do add": "test_documents.py: test_the_commands_of_daily_work",
    r"dev/do container test": "test_docker.py: test_runs_the_tests_and_linters_in_the_image",
    r"git add --chmod": ANOTHER_PROGRAM,
    r"cp \.env\.example \.env": "test_services.py: test_the_virtual_environment_uses",
    r"python -m pdb": ANOTHER_PROGRAM,
    r"python -m my_project\.migrate": "test_services.py: test_the_virtual_environment_uses",
    # Containers
    r"docker build --target lock": "test_docker.py: test_locks_without_python_on_the_host",
    r"docker compose up --wait": "test_docker.py: test_development_reloads_on_a_change",
    r"docker compose (logs --follow|down)": "test_docker.py: test_development_reloads_on_a_change",
    r"docker compose run --rm (-e \S+ )?app python -m my_project": "test_docker.py: test_runs_the_command_line",
    r"docker compose run --rm (--no-deps )?test": "test_docker.py: test_runs_the_tests_and_linters",
    r"printf '%s.n' .HOST_UID": "test_docker.py: test_the_test_container_is_a_place_to_work",
    r"\( free=": "test_docker.py: test_two_checkouts_of_one_project",
    r"COMPOSE_ENV_FILES=": "test_docker.py: test_production_settings_from_another_file",
    r"mkdir pgdata": "test_services.py: test_the_documented_additions_work",
    r"docker compose run --rm --no-deps --user 0": "test_services.py: test_the_documented_additions",
    r"git=": "test_devcontainer.py: test_git_works_in_a_worktree",
    r"docker compose -f compose.yaml up": "test_docker.py: test_production_serves_hardened",
    r"SECRET_KEY=": "test_own_code.py: test_the_projects_own_steps_are_part_of_the_build",
    r"docker compose -f compose.yaml logs": "test_own_code.py: test_workers_that_fail_end",
    r"docker compose -f compose.yaml (build|run)": "test_docker.py: test_runs_the_command_line",
    r"COMPOSE_FILE=": "test_docker.py: test_what_the_project_adds_is_there",
    r"docker compose run --rm -p .* debugpy": "test_debug.py: test_a_breakpoint_in_the_container",
    r"docker compose run --rm (--user .* )?migrate": "test_services.py: test_the_web_service_keeps",
    r"docker build .*REVISION=": "test_image.py: test_labels_come_from_answers",
    r"docker build --tag \S+ \.$": "test_docker.py: test_the_bare_build_is_production",
    r"docker build --secret": "test_image.py: test_the_password_of_a_package_index_stays_out",
    r"docker build .*SOURCE_DATE_EPOCH": "test_image.py: test_two_builds_give_the_same_bytes",
    r"docker compose exec -T postgres": "test_services.py: test_the_web_service_keeps",
    r"docker push": NO_SERVER,
    r"uvx pip-audit": ANOTHER_PROGRAM,
    r"docker buildx imagetools inspect": "test_publish.py: test_a_tag_becomes_an_image",
    r"devcontainer ": "test_devcontainer.py: test_an_editor_works_in_the_container",
    r"npm install --global @devcontainers/cli": ANOTHER_PROGRAM,
    r"podman ": NO_PODMAN,
    r"podman-compose ": NO_PODMAN,
    r"files=": NO_PODMAN,
    # Kubernetes
    r"kubectl (create (namespace|secret)|config)": "test_kubernetes.py: test_a_release_migrates",
    r"kubectl (delete job|apply|wait)": "test_kubernetes.py: test_the_second_release_migrates",
    r"kubectl rollout": "test_kubernetes.py: test_a_broken_release_stops",
    r"docker compose -f compose.yaml -f": "test_kubernetes_files.py: test_compose_leaves_the_services",
    r"(pg_dump|pg_restore) ": ANOTHER_PROGRAM,
    r"(--dry-run|\{ cat secret.yaml|rm secret.yaml)": NO_PODMAN,
    # Networks and systems
    r"openssl x509": f"{THIS_FILE}: test_a_certificate_in_the_other_format_is_converted",
    r"docker compose build --build-arg HTTPS_PROXY": "test_network.py: test_the_image_is_built",
    r"(dev/activate\.ps1|deactivate)$": "test_documents.py: test_the_commands_for_powershell",
    r"\$env:APP_GREETING = ": "test_documents.py: test_the_commands_for_powershell",
    r"Set-ExecutionPolicy": "no test: a setting of Windows alone",
}


def commands(text: str) -> list[str]:
    """Return the commands in the blocks of a page; a loop or a subshell counts as one."""
    found = []
    for block in blocks(text, "sh") + blocks(text, "powershell"):
        if block.startswith(("(", "for ")):
            found.append(block)
        else:
            found += block.replace("\\\n", " ").splitlines()
    return [" ".join(command.split()) for command in found]


def evidence(command: str) -> set[str]:
    return {pattern for pattern in EVIDENCE if re.match(pattern, command)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_command_of_a_page_is_run_by_a_test(path: Path) -> None:
    assert [c for c in commands(path.read_text("utf-8")) if not evidence(c)] == []


@pytest.mark.parametrize("answers", PROJECTS, ids=label)
def test_each_command_of_a_project_is_run_by_a_test(answers: dict[str, str], bake: Bakery) -> None:
    text = bake(**answers).read("DEVELOPMENT.md")
    assert [c for c in commands(text) if not evidence(c)] == []


def test_no_evidence_is_left_of_a_command_that_is_gone(bake: Bakery) -> None:
    texts = [path.read_text("utf-8") for path in PAGES]
    texts.append(bake().read("DEVELOPMENT.md"))
    used = set().union(*(evidence(command) for text in texts for command in commands(text)))
    assert EVIDENCE.keys() - used == set()


def test_the_tests_that_are_named_exist() -> None:
    for proof in set(EVIDENCE.values()):
        name, _, test = proof.partition(": ")
        if name != "no test":
            assert f"\ndef {test}" in (ROOT / "tests" / name).read_text("utf-8"), proof


def test_each_error_message_in_a_heading_is_one_of_copiers() -> None:
    """So that a search for the message finds the page."""
    page = (ROOT / "docs/updating.md").read_text("utf-8")
    messages = re.findall(r'^## "(.*?)"', page, re.MULTILINE)
    folder = Path(copier.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    assert len(messages) > 4
    assert [message for message in messages if message not in source] == []


# --- Commands that are run here -----------------------------------------------


def the_command(page: str, start: str) -> str:
    """Return the one command of a page that begins like this."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    [command] = [command for command in commands(text) if command.startswith(start)]
    return command


def test_a_certificate_in_the_other_format_is_converted(tmp_path: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=company")
    made = ("-outform", "der", "-keyout", "key", "-out", "company.cer")
    run("openssl", "req", "-x509", *key, *made, cwd=tmp_path)
    (tmp_path / "certs").mkdir()
    run("sh", "-c", the_command("company-network.md", "openssl"), cwd=tmp_path)
    assert "-----BEGIN CERTIFICATE-----" in (tmp_path / "certs/company.crt").read_text()


def test_an_update_without_hooks(bake: Bakery, released: Path) -> None:
    project = bake(released, "v1.0.0")
    project.commit()
    hook = project.path / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    project.run("sh", "-c", the_command("updating.md", "GIT_CONFIG_COUNT"))


def test_the_hooks_reject_what_an_update_left_unresolved(bake: Bakery) -> None:
    [hooks] = blocks((ROOT / "docs/updating.md").read_text("utf-8"), "yaml")
    project = bake()
    project.write(".pre-commit-config.yaml", hooks)
    project.commit()

    def rejected_by() -> list[str]:
        project.run("git", "add", "--all")
        said = project.run("pre-commit", "run", check=False).stdout
        return re.findall(r"^- hook id: (\w+)$", said, re.MULTILINE)

    project.append("LICENSE", "Ours.\n")
    assert rejected_by() == []
    project.append("LICENSE", "<<<<<<< before updating\n")
    project.write("LICENSE.rej", "@@ -1 +1 @@\n")
    assert rejected_by() == ["conflict", "rejected"]


@pytest.mark.needs("index")
@pytest.mark.parametrize("file", [None, "NAME=file\n"])
@pytest.mark.parametrize("shell", [None, "shell"])
def test_own_code_reads_the_file_and_the_shell_wins(
    file: str | None, shell: str | None, tmp_path: Path
) -> None:
    lines, *_ = blocks((ROOT / "docs/settings.md").read_text("utf-8"), "python")
    (tmp_path / "src").mkdir()
    program = tmp_path / "src/program.py"
    program.write_text(f"import os\n{lines}\nprint(os.environ.get('NAME'))\n")
    if file:
        (tmp_path / ".env").write_text(file)

    variables = {"NAME": shell} if shell else {}
    with_dotenv = ("uv", "run", "--quiet", "--no-project", "--python", sys.executable)
    words = (*with_dotenv, "--with", "python-dotenv", "python", program)
    done = run(*words, cwd=os.path.abspath(os.sep), env=variables)
    expected = shell or ("file" if file else "None")
    assert done.stdout.strip() == expected


@pytest.mark.needs("docker")
def test_a_second_dev_container_merges_with_the_project(bake: Bakery) -> None:
    """What docs/services.md gives to a project that adds its first own service."""
    project = bake(isolation="docker", app="cli")
    text = (ROOT / "docs/services.md").read_text("utf-8")
    text = text.partition("and the dev container\n")[2]
    [compose] = blocks(text, "yaml")
    project.write("second.yaml", compose)
    files = ("-f", "compose.yaml", "-f", "compose.override.yaml", "-f", "second.yaml")
    said = project.run("docker", "compose", *files, "config", "--format=json").stdout
    app = json.loads(said)["services"]["app"]
    assert app["build"]["target"] == "devcontainer" and not app.get("read_only")
