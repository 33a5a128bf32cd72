"""CI, and what looks for newer versions."""

from __future__ import annotations

from .breaking import between, edit, inside, replace, without_block, without_lines
from .model import (
    ALL_CI,
    GITHUB,
    GITHUB_WEEKLY,
    GITLAB,
    PUBLISH,
    PUBLISHING,
    RENOVATE,
    Mutation,
    group,
)

mutations: list[Mutation] = []


JOBS = "test_ci_files.py: exactly_the_jobs"
CONTENT = "test_ci_files.py: all_that_it_promises or linted or script_of_the_project"
WHEN = "test_ci_files.py: github_runs_them or once_a_week or gitlab_runs_them or left_out"
RIGHTS = "test_ci_files.py: nothing_else or credentials or pinned or hang"

job = group(mutations, "CI", JOBS)
job("GitHub no longer looks for conflicts and drift", edit(GITHUB, without_block("^  template:")))
job("GitHub no longer tests in the virtual environment", edit(GITHUB, without_block("^  venv:")))
job("GitHub no longer tests the container", edit(GITHUB, without_block("^  container:")))
job("GitHub no longer compares environment and image", edit(GITHUB, without_block("^  parity:")))
job(
    "GitHub no longer validates the manifests",
    edit(GITHUB, without_block("^  manifests:")),
    "test_ci_files.py: manifests",
)
job(
    "GitLab no longer validates the manifests",
    edit(GITLAB, without_block("^manifests:")),
    "test_ci_files.py: manifests",
)
job("GitLab no longer looks for conflicts and drift", edit(GITLAB, without_block("^template:")))
job("GitLab no longer tests in the virtual environment", edit(GITLAB, without_block("^venv:")))
job("GitLab no longer tests the container", edit(GITLAB, without_block("^container:")))
job("GitLab no longer compares environment and image", edit(GITLAB, without_block("^parity:")))

when = group(mutations, "CI", WHEN)
when("GitHub does not look at pull requests", edit(GITHUB, without_block("^  pull_request:")))
when("GitHub does not look at what is pushed to main", edit(GITHUB, without_block("^  push:")))
when("GitHub does not look at merge queues", edit(GITHUB, without_block("^  merge_group:")))
when(
    "GitHub runs the weekly look for a newer template never",
    edit(GITHUB_WEEKLY, without_block("^  schedule:")),
)
when(
    "GitHub runs the weekly look for a newer template each minute",
    edit(GITHUB_WEEKLY, replace(r'cron: ".*"', 'cron: "* * * * *"')),
)

rights = group(mutations, "CI", RIGHTS)
rights(
    "GitHub's jobs may write to the repository",
    edit(GITHUB, replace("contents: read", "contents: write")),
)
rights(
    "GitHub's jobs get all permissions that there are",
    edit(GITHUB, replace(r"^permissions: \{\}", "permissions: write-all")),
)
rights(
    "GitHub leaves its token in the checkout",
    edit(GITHUB, replace("persist-credentials: false", "persist-credentials: true")),
)
rights(
    "GitHub runs actions that someone can exchange",
    edit(GITHUB, replace(r"(actions/checkout)@\w+ .*", r"\1@v7")),
)
rights("GitHub's jobs may hang for hours", edit(GITHUB, without_lines("timeout-minutes")))

rights(
    "GitHub finishes runs that nobody waits for",
    edit(GITHUB, without_block("^concurrency:")),
    WHEN,
    RIGHTS,
)

when("GitLab does not look at merge requests", edit(GITLAB, without_lines("merge_request_event")))
when(
    "GitLab does not look at tags",
    edit(GITLAB, inside("^workflow:", without_lines("CI_COMMIT_TAG"))),
)
when(
    "GitLab does not run what is scheduled",
    edit(GITLAB, inside("^workflow:", without_lines('"schedule"'))),
)
when(
    "GitLab runs two pipelines for one push",
    edit(GITLAB, without_lines("CI_OPEN_MERGE_REQUESTS|when: never")),
)
when(
    "GitLab looks for a newer template at each push",
    edit(GITLAB, inside("^template-update:", without_block("^  rules:"))),
)

content = group(mutations, "CI", CONTENT)
content(
    "GitHub does not notice that production lacks a package",
    edit(GITHUB, without_lines("import {{ package_name }}")),
)
content(
    "GitLab does not notice that production lacks a package",
    edit(GITLAB, without_lines("import {{ package_name }}")),
)
content("GitLab does not read the user's own jobs", edit(GITLAB, without_block("^include:")))
content(
    "GitHub no longer builds for production",
    edit(GITHUB, inside("^  container:", without_block("name: .*production"))),
)
content(
    "GitLab no longer builds for production",
    edit(GITLAB, inside("^container:", without_lines(r"docker build"))),
)
content(
    "GitHub no longer lints a project with Docker alone",
    edit(GITHUB, inside("^  container:", without_lines("ruff check"))),
)
content(
    "GitLab no longer lints a project with Docker alone",
    edit(GITLAB, inside("^container:", without_lines("ruff check"))),
)
content(
    "GitHub no longer tests in the image",
    edit(GITHUB, inside("^  container:", replace("run --rm test$", "run --rm test true"))),
)
content(
    "The jobs do not check the formatting",
    edit(f"{GITHUB} {GITLAB}", without_lines("^ +(- )?ruff format")),
)
content(
    "The jobs do not run the tests",
    edit(f"{GITHUB} {GITLAB}", without_lines(r'^ +(- ")?\{\{ test \}\}"?$')),
)
content(
    "The jobs do not compare the environment with the locks",
    edit(f"{GITHUB} {GITLAB}", without_lines("dev/do check$")),
)
content(
    "The job for drift takes changes by the user for drift",
    edit(f"{GITHUB} {GITLAB}", replace(" --data own_files=false", "")),
    "test_ci_files.py: template_job",
)
content(
    "The job for drift passes over files that .gitignore hides",
    edit(f"{GITHUB} {GITLAB}", replace("--intent-to-add --force", "--intent-to-add")),
    "test_ci.py: hides",
)
content(
    "The job for drift passes over conflicts",
    edit(f"{GITHUB} {GITLAB}", replace("if git grep.*", "true")),
    "test_ci_files.py: conflict",
)
content(
    "A template that is not public cannot be read",
    edit(ALL_CI, replace(r"(GIT_CONFIG_VALUE_0[:=] ?)(['\"]).*\2", r"\1\2\2")),
    "test_ci.py test_ci_files.py: private",
)
content(
    "CI does not trust the certificates of a company",
    edit("includes/github-* template/.gitlab-ci*", without_lines("find certs")),
    "test_ci.py test_ci_files.py: private or network",
)
content(
    "The weekly job passes when there is a newer template",
    edit(
        f"{GITHUB_WEEKLY} {GITLAB}",
        replace(r"check-update --quiet", "check-update --quiet || true"),
    ),
    "test_ci.py test_ci_files.py: newer",
)
content(
    "A project that left the template has a red CI",
    edit(f"{GITHUB} {GITHUB_WEEKLY} {GITLAB}", without_lines(r"-f \.copier-answers\.yml")),
    "test_ci.py test_ci_files.py: leaving or left_the_template",
)
content(
    "What the user's jobs need first is not prepared",
    edit("includes/github-*", replace("if .*prepare.sh.*", "true")),
)

bot = group(mutations, "Renovate", "test_ci.py test_ci_files.py: renovate")
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
    "Renovate proposes nothing for packages without a version",
    edit(RENOVATE, without_lines('"rangeStrategy": ')),
    "test_renovate.py: old_enough",
)
bot(
    "Renovate refreshes the locks with versions of the same day",
    edit("template/requirements*.txt.jinja", replace(" --exclude-newer=P7D", "")),
    "test_renovate.py: wait",
)
bot(
    "Renovate changes files that belong to the template",
    edit(RENOVATE, replace('"enabled": false', '"enabled": true')),
)

# --- Publishing -------------------------------------------------------------------------

publish = group(mutations, "Publishing", "test_publish.py")
publish("A pre-release becomes the latest", edit(PUBLISH, replace(r"\*\[!0-9\.\]\*\) ;; ", "")))
publish("A release does not become the latest", edit(PUBLISH, without_lines(":latest")))
publish("Any tag is published", edit(PUBLISH, replace(r"^  exit 1\nfi\nimage=", "fi\nimage=")))
publish("The source is not tested", edit(PUBLISH, without_lines("run --rm test")))
publish(
    "What was pushed is not started",
    edit(PUBLISH, replace(r"if ! docker compose .*; then", "if false; then")),
)
publish(
    "An image that is not healthy gets its names",
    edit(PUBLISH, replace(r"(logs\n)  exit 1", r"\1  true")),
)
publish(
    "Another image than the one that was tested gets the names",
    edit(PUBLISH, replace(r'("\$@" "\$image)@\$digest"', r'\1:candidate"')),
)
publish("An image has no provenance", edit(PUBLISH, without_lines("--provenance")))
publish("An image has no SBOM", edit(PUBLISH, replace(r'^  --sbom "[^"]*" ', "  ")))
publish("No layer comes from the registry", edit(PUBLISH, without_lines("--cache-from")))
publish("No layer gets into the registry", edit(PUBLISH, without_lines("--cache-to")))
publish("The labels are empty", edit(PUBLISH, without_lines("--build-arg")))
publish(
    "The password of an index is not given to the build", edit(PUBLISH, without_lines("netrc,src"))
)
publish("Other platforms are not built", edit(PUBLISH, without_lines("--platform")))
publish("An engine that cannot attest gets no builder", edit(PUBLISH, without_lines("--builder")))
publish("The migrations of the image are not tried", edit(PUBLISH, without_lines(":migrate")))
publish("Nobody logs in", edit(PUBLISH, without_lines("docker login")))
publish("GitHub publishes each branch", edit(PUBLISHING, replace("tags:.*", "branches: [main]")))
publish(
    "GitHub's token is sent to another registry",
    edit(PUBLISHING, replace("vars.PUBLISH_IMAGE == '' && github.token", "github.token")),
)
publish("The job may do everything", edit(PUBLISHING, replace("contents: read", "contents: write")))
publish("GitLab publishes each branch", edit(GITLAB, without_lines("CI_COMMIT_TAG =~")))
publish(
    "GitLab publishes before the tests passed",
    edit(GITLAB, between("^publish:", "^  rules:", without_lines("stage: deploy"))),
)
