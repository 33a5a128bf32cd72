"""Measure the figures of the template:  python tests/benchmarks/run.py [SECTION ...]

Sections: footprint, rendering, tests, activation, setup, builds, image, fleet, choose.
Each line is a ratio of medians, both measured in turn in this run on this machine, or a size; the goal stands beside it.
`tests` takes ten minutes or more, and needs all shells.
`setup` needs the network, or at least warm caches; `builds` and `image` a Docker engine. `fleet` takes
ten minutes; --projects=20 makes it a short one. It runs the tests of some projects in their
virtual environments, and in their images when there is an engine.

`choose` measures the comparison in docs/choose.md, and writes its figures, tables and plots. It runs
only when it is named, takes some minutes, and needs an engine, uv and tools/requirements.txt.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
COPIER = BIN / "copier"
# The version with which this one is compared.
BEFORE = "9d6c119"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "PROJECT_PYTHON"))},
    "COPIER_SETTINGS_PATH": "/nonexistent.yml",
}


def run(*words: object, cwd: Path | None = None, **environment: str) -> str:
    """Run a command that has to succeed; return what it prints."""
    done = subprocess.run(
        [str(word) for word in words],
        check=False,
        cwd=cwd,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def medians(times: int, *actions: Callable[[], object]) -> list[float]:
    """Return the median time of each action in seconds; they are run in turn."""
    samples: list[list[float]] = [[] for _ in actions]
    for _ in range(times):
        for action, sample in zip(actions, samples, strict=True):
            start = time.perf_counter()
            action()
            sample.append(time.perf_counter() - start)
    return [statistics.median(sample) for sample in samples]


def report(what: str, value: str, goal: str) -> None:
    print(f"{what:<58} {value:>32}   goal {goal}", flush=True)


def ratio(ours: float, theirs: float) -> str:
    return f"{ours * 1000:.1f} / {theirs * 1000:.1f} ms = {ours / theirs:.2f}"


def git(repository: Path, *words: str) -> None:
    run("git", "-c", "user.name=B", "-c", "user.email=b@example.org", *words, cwd=repository)


def release(repository: Path, version: str) -> None:
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", version)
    git(repository, "tag", version)
    git(repository, "gc", "-q")  # one pack, as a clone from a server has


def templates(scratch: Path) -> list[Path]:
    """Return this template, and one that writes one file, as repositories with a release."""
    ours, floor = scratch / "ours", scratch / "floor"
    run("git", "clone", "-q", ROOT, ours)
    shutil.copytree(ROOT / "template", ours / "template", dirs_exist_ok=True)
    (floor / "template").mkdir(parents=True)
    (floor / "copier.yml").write_text("_subdirectory: template\nname: {type: str, default: x}\n")
    (floor / "template/{{ _copier_conf.answers_file }}.jinja").write_text(
        "{{ _copier_answers | to_nice_yaml }}"
    )
    git(floor, "init", "-q")
    for repository in (ours, floor):
        (repository / "RELEASE").write_text("1")
        release(repository, "v900.0.0")
    return [ours, floor]


def rendering(scratch: Path) -> None:
    before = scratch / "before"
    run("git", "clone", "-q", ROOT, before)
    git(before, "checkout", "-q", BEFORE)
    (before / "RELEASE").write_text("1")
    release(before, "v900.0.0")
    repositories = [*templates(scratch), before]
    target = scratch / "project"

    def copy(repository: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        run(COPIER, "copy", "-q", "--defaults", repository, target)

    now, floor, then = medians(9, *((lambda r=r: copy(r)) for r in repositories))
    report("copier copy --defaults, against before", ratio(now, then), "<= 0.88")
    report("copier copy --defaults, against a one-file template", ratio(now, floor), "none")

    projects = []
    for repository in repositories:
        copy(repository)
        project = scratch / f"project-{repository.name}"
        target.rename(project)
        git(project, "init", "-q")
        git(project, "add", "-A")
        git(project, "commit", "-qm", "start")
        for path in (repository / "template").iterdir():
            if path.is_file():
                path.write_bytes(path.read_bytes() + b"\n# later\n")
        release(repository, "v901.0.0")
        projects.append(project)

    def update(project: Path) -> None:
        run(COPIER, "update", "-q", "--defaults", project)
        git(project, "reset", "-q", "--hard")
        git(project, "clean", "-qfd")

    now, floor, then = medians(7, *((lambda p=p: update(p)) for p in projects))
    report("copier update, against before", ratio(now, then), "<= 0.95")
    report("copier update, against a one-file template", ratio(now, floor), "none")


# Its tests in Wine run only when they are asked for now, and the linters became more and other ones.
NEITHER = {"test_lint.py", "test_windows.py"}


def tests(scratch: Path) -> None:
    """Run the tests that were there before, then and now, without a container engine."""
    before = scratch / "before"
    run("git", "clone", "-q", ROOT, before)
    git(before, "checkout", "-q", BEFORE)
    run(BIN / "uv", "venv", "-q", "--python", sys.executable, before / ".venv")
    python = before / ".venv/bin/python"
    required = before / "tests/requirements.txt"
    run(BIN / "uv", "pip", "install", "-q", "--python", python, "-r", required)
    here, there = (
        {path.name for path in (folder / "tests").glob("test_*.py")} for folder in (ROOT, before)
    )
    left_out = [f"--ignore=tests/{name}" for name in sorted(NEITHER | (here - there))]

    def test(folder: Path, pytest: Path, *words: str) -> None:
        command = [str(pytest), "-q", *words, *left_out]
        environment = ENVIRONMENT | {"DOCKER_HOST": "tcp://127.0.0.1:1"}  # where no engine is
        done = subprocess.run(
            command, cwd=folder, env=environment, check=False, capture_output=True, text=True
        )
        # A test that fails takes its time as well; what it counts for is told.
        if done.returncode:
            print(f"  in {folder}: {done.stdout.strip().splitlines()[-1]}")

    def now(*words: str) -> None:
        test(ROOT, BIN / "pytest", *words)

    def then(*words: str) -> None:
        test(before, before / ".venv/bin/pytest", *words)

    took = medians(3, lambda: now("tests/test_files.py"), lambda: then("tests/test_files.py"))
    report("tests of each combination, against before", ratio(*took), "<= 0.62")
    report("all tests without an engine, against before", ratio(*medians(1, now, then)), "<= 0.4")


def project(scratch: Path, name: str, **answers: str) -> Path:
    data = [f"--data={key}={value}" for key, value in answers.items()]
    target = scratch / name
    run(COPIER, "copy", "-q", "--defaults", "--vcs-ref=HEAD", *data, ROOT, target)
    return target


# The footprint that is wanted in the end; test_footprint.py has the one that is kept until then.
WANTED = {
    "files": 42,
    "lines": 1950,
    "entries_at_root": 23,
    "code_in_dev": 950,
    "lines_of_development_md": 140,
}


def footprint(scratch: Path) -> None:
    """Count what a command-line program with all defaults gets."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.footprint import footprint as count
    from support.projects import Project
    from test_footprint import LIMITS

    for isolation, limit in LIMITS.items():
        path = project(scratch, isolation, isolation=isolation)
        found, limits = asdict(count(Project(path, {}).files())), asdict(limit)
        goals = WANTED if isolation == "both" else limits
        for name, number in found.items():
            report(f"{isolation}: {name.replace('_', ' ')}", str(number), f"<= {goals[name]}")


def activation(scratch: Path) -> None:
    path = project(scratch, "project", isolation="venv", python_version=HERE)
    run("bash", "-c", ". dev/activate", cwd=path)
    run(sys.executable, "-m", "venv", "--without-pip", scratch / "stock")
    stock = scratch / "stock/bin/activate"
    shells = {
        "bash": (["bash", "--norc", "-c"], f". {stock}", ". dev/activate"),
        "zsh": (["zsh", "-f", "-c"], f". {stock}", ". dev/activate"),
        "dash": (["dash", "-c"], f". {stock}", ". dev/activate"),
        "fish": (["fish", "-N", "-c"], f". {stock}.fish", ". dev/activate.fish"),
    }
    for name, (words, theirs, ours) in shells.items():
        if shutil.which(name):
            lines = ("true", theirs, ours)
            start, stock_took, took = medians(
                60, *(lambda w=words, line=line: run(*w, line, cwd=path) for line in lines)
            )
            report(
                f"{name}: activate when current, beyond its start",
                f"{(took - start) * 1000:.1f} ms, {ratio(took, stock_took)}",
                {"bash": "<= 2", "zsh": "<= 2", "dash": "<= 3"}.get(name, "-"),
            )
    if shutil.which("pwsh"):
        took = powershell(path / "dev/activate.ps1", stock.with_name("Activate.ps1"))
        report("PowerShell: activate when current, in a running one", ratio(*took), "<= 2")
    for name, words, line in (
        ("tcsh", ["tcsh", "-f", "-c"], "source dev/activate.csh"),
        ("nu", ["nu", "--no-config-file", "-c"], "overlay use dev/activate.nu"),
    ):
        if shutil.which(name):
            lines = ("", line)
            start, took = medians(
                20, *(lambda w=words, line=line: run(*w, line, cwd=path) for line in lines)
            )
            report(
                f"{name}: activate when current, beyond its start",
                f"{(took - start) * 1000:.1f} ms",
                "<= 30 ms",
            )
    for name, words in {
        "uv run": [BIN / "uv", "run", "--no-project", "true"],
        "direnv": ["direnv", "exec", ".", "true"],
    }.items():
        if shutil.which(str(words[0])):
            (path / ".envrc").write_text("source .venv/bin/activate\n")
            if name == "direnv":
                run("direnv", "allow", cwd=path)
            [took] = medians(20, lambda words=words: run(*words, cwd=path))
            report(f"a neighbour, for comparison: {name}", f"{took * 1000:.1f} ms", "-")


def powershell(*scripts: Path) -> list[float]:
    """Return the median time in seconds that each script takes, in turn, in one PowerShell."""
    measure = """
        $samples = @{}
        foreach ($turn in 1..40) {
            foreach ($script in $args) {
                $watch = [Diagnostics.Stopwatch]::StartNew()
                . $script
                $samples[$script] += @($watch.Elapsed.TotalSeconds)
                deactivate
            }
        }
        foreach ($script in $args) { ($samples[$script] | Sort-Object)[20] }
    """
    with tempfile.NamedTemporaryFile("w", suffix=".ps1") as file:
        file.write(measure)
        file.flush()
        return [float(line) for line in run("pwsh", "-NoProfile", file.name, *scripts).split()]


def setup(scratch: Path) -> None:
    path = project(scratch, "project", isolation="venv", python_version=HERE)
    locks = ["requirements.txt", "requirements-dev.txt"]
    required = [f"--requirement={name}" for name in locks]
    without_uv = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if not Path(folder, "uv").exists()
    )
    with_uv = f"{BIN}{os.pathsep}{without_uv}"
    base = run(sys.executable, "-c", "import sys; print(sys._base_executable)").strip()

    def clean() -> None:
        shutil.rmtree(path / ".venv", ignore_errors=True)

    def ours(search: str) -> None:
        clean()
        run("bash", "-c", ". dev/activate", cwd=path, PATH=search)

    def by_uv() -> None:
        clean()
        run(BIN / "uv", "venv", "-q", "--python", base, ".venv", cwd=path)
        run(BIN / "uv", "pip", "sync", "-q", "--require-hashes", *locks, cwd=path)

    def by_pip() -> None:
        clean()
        run(base, "-m", "venv", ".venv", cwd=path)
        python = path / ".venv/bin/python"
        run(python, "-m", "pip", "install", "-q", "--require-hashes", *required, cwd=path)

    by_uv()  # warms the cache
    report(
        "set-up with uv, against by hand",
        ratio(*medians(9, lambda: ours(with_uv), by_uv)),
        "<= 1.2",
    )
    took = medians(3, lambda: ours(without_uv), by_pip)
    report("set-up without uv, against by hand", ratio(*took), "<= 0.5")


# Two stages that do no more than they have to.
PLAIN = """FROM python:{version}-slim AS base
RUN useradd --uid 10001 app

FROM base AS deps
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache \\
    /opt/venv/bin/pip install --require-hashes --requirement requirements.txt

FROM base
COPY --from=deps /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app/src
USER app
COPY src /app/src
CMD ["python", "-m", "benchmark"]
"""
VERSIONS = [f"3.{minor}" for minor in range(6, 11)]


def other_lock(text: str, version: str, scratch: Path) -> str:
    """Return a lock with another version of one package, unlike any that was built before."""
    (scratch / "idna.in").write_text(f"idna=={version}\n")
    words = (
        "pip",
        "compile",
        "-q",
        "--no-deps",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
    )
    found = run(BIN / "uv", *words, scratch / "idna.in")
    changed = re.sub(r"^idna==.*\n(    .*\n)+", lambda _: found, text, flags=re.MULTILINE)
    return f"{changed}# {time.time()}\n"


def builds(scratch: Path) -> None:
    """Build a web service with both services, side by side with the template before."""
    before = scratch / "template"
    run("git", "clone", "-q", ROOT, before)
    git(before, "checkout", "-q", BEFORE)
    words = ["--data=isolation=docker", "--data=app=web", "--data=project_name=Benchmark"]
    words += ["--data=services=[postgres, redis]"]
    for name, source in (("now", ROOT), ("then", before), ("plain", ROOT)):
        run(COPIER, "copy", "-q", "--defaults", "--vcs-ref=HEAD", *words, source, scratch / name)
    dockerfile = (scratch / "now/Dockerfile").read_text()
    version = re.search(r"python:([\d.]+)-slim", dockerfile)
    assert version
    (scratch / "plain/Dockerfile").write_text(PLAIN.format(version=version[1]))

    def build(name: str, *words: str) -> None:
        run("docker", "build", "-q", "-t", f"benchmark-{name}", *words, ".", cwd=scratch / name)

    def lock(name: str) -> None:
        path = scratch / name / "requirements.txt"
        path.write_text(locks.pop())
        # Another build may have had the same files in /opt/venv, so that they would not be copied.
        build(name, "--no-cache-filter=runtime")

    def nothing(name: str) -> None:
        # `--no-cache` would use new package caches as well.
        path = scratch / name / "Dockerfile"
        line = rf"\1\nENV AT_{time.time_ns()}=1"
        path.write_text(re.sub(r"^(FROM .*)", line, path.read_text(), count=1, flags=re.MULTILINE))
        build(name)

    def source(name: str) -> None:
        path = scratch / name / "src/benchmark/app.py"
        path.write_text(f"{path.read_text()}# {time.time()}\n")
        build(name)

    def answer(name: str) -> None:
        """Start the image, wait for its first answer, and remove it."""
        words = ("--read-only", "--tmpfs=/tmp", "--publish=127.0.0.1::8000")
        container = run("docker", "run", "--detach", *words, f"benchmark-{name}").strip()
        address = run("docker", "port", container, "8000").split()[0]
        while True:
            try:
                urllib.request.urlopen(f"http://{address}/healthz").close()
                break
            except (OSError, http.client.HTTPException):
                time.sleep(0.005)
        run("docker", "rm", "--force", container)

    text = (scratch / "now/requirements.txt").read_text()
    for name in ("now", "then", "plain"):
        build(name)
    for _ in range(2):  # the first round warms the caches of packages
        texts = [other_lock(text, version, scratch) for version in VERSIONS]
        locks = [text for text in reversed(texts) for _ in range(2)]
        took = medians(len(VERSIONS), lambda: lock("now"), lambda: lock("then"))
    report("rebuild after a change of the lock, against before", ratio(*took), "<= 0.5")
    took = medians(5, lambda: nothing("now"), lambda: nothing("then"))
    report("build from the base image, against before", ratio(*took), "<= 0.5, or 0.65")
    took = medians(9, lambda: source("now"), lambda: source("plain"))
    report("rebuild after a change of the source, against two stages", ratio(*took), "one RUN more")
    took = medians(9, lambda: answer("now"), lambda: answer("then"))
    report("from the start to the first answer, against before", ratio(*took), "<= 1.05")
    run("docker", "image", "rm", "-f", *(f"benchmark-{name}" for name in ("now", "then", "plain")))


def image(scratch: Path) -> None:
    path = project(scratch, "project", isolation="docker", app="web", project_name="Benchmark")
    tag = "localhost/benchmark"
    compose = ["docker", "compose", "-f", "compose.yaml"]
    run("docker", "build", "-q", "-t", tag, ".", cwd=path)
    base = (path / "Dockerfile").read_text().partition("FROM ")[2].split()[0]
    layers = history(tag)[: -len(history(base))]
    size = sum(int(size) for size, command in layers if "COPY /opt/venv" not in command)
    report("image, beyond base and dependencies", f"{size / 1e6:.1f} MB", "<= 1 MB")

    [source] = path.glob("src/*/app.py")

    def rebuild() -> None:
        source.write_text(source.read_text() + f"# {time.time()}\n")
        run("docker", "build", "-q", "-t", tag, ".", cwd=path)

    report("rebuild after a source change", f"{medians(5, rebuild)[0]:.2f} s", "<= 1 s")
    samples = []
    for _ in range(3):
        run(*compose, "up", "--wait", cwd=path)
        start = time.perf_counter()
        run(*compose, "stop", cwd=path)
        samples.append(time.perf_counter() - start)
    report("docker compose stop", f"{statistics.median(samples):.2f} s", "<= 1 s")
    run(*compose, "down", "--rmi=local", cwd=path)
    run("docker", "image", "rm", "-f", tag)


def history(image: str) -> list[tuple[str, str]]:
    """Return size and command of each layer of an image, the newest first."""
    words = ("--human=false", "--no-trunc", "--format={{.Size}} {{.CreatedBy}}")
    lines = run("docker", "history", *words, image).splitlines()
    return [(size, command) for size, _, command in (line.partition(" ") for line in lines)]


def fleet(scratch: Path, projects: int, jobs: int) -> None:
    """Make many projects, let their users work, release a new version, and update all."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.projects import Project
    from test_update import at_random, change_everything, edit, updated

    ours, floor = templates(scratch)
    chosen = random.Random(1)
    fleet = [
        {
            "project_name": f"Fleet {number}",
            "project_description": chosen.choice(['A "quoted" one.', "Größe: $5 # \\"]),
            "author_name": chosen.choice(["", "Zoë"]),
            **at_random(chosen),
        }
        for number in range(projects)
    ]

    def make(repository: Path, name: str, answers: dict[str, Any]) -> Project:
        path = scratch / name
        data = scratch / f"{name}.yml"
        data.write_text(yaml.safe_dump(answers))
        run(COPIER, "copy", "-q", "--defaults", f"--data-file={data}", repository, path)
        recorded = yaml.safe_load((path / ".copier-answers.yml").read_text("utf-8"))
        return Project(path, recorded)

    def start(number: int) -> tuple[Project, Project]:
        project = edit(make(ours, f"project-{number}", fleet[number]))
        small = make(floor, f"small-{number}", {})
        project.commit()
        small.commit()
        return project, small

    def update(project: Project) -> float:
        begin = time.perf_counter()
        run(COPIER, "update", "-q", "--defaults", project.path)
        return time.perf_counter() - begin

    def live(number: int) -> tuple[float, float, bool, bool, bool]:
        project, small = started[number]
        before = project.files()
        took, floor_took = update(project), update(small)
        after = project.files()
        expected = updated(before, edit(make(ours, f"fresh-{number}", fleet[number])).files())
        shutil.rmtree(scratch / f"fresh-{number}")
        unmerged = project.run("git", "ls-files", "--unmerged").stdout
        conflict = unmerged or any(
            name.endswith(".rej") or b"\n<<<<<<< " in content for name, content in after.items()
        )
        expected[".copier-answers.yml"] = after[".copier-answers.yml"]
        # pyproject.toml is shared: the user's part of it is there when it is as expected.
        own = [name for name in before if name in expected and before[name] == expected[name]]
        lost = any(after.get(name) != expected[name] for name in [*own, "pyproject.toml"])
        return took, floor_took, bool(conflict), lost, after != expected

    with ThreadPoolExecutor(jobs) as pool:
        started = list(pool.map(start, range(projects)))
        change_everything(ours)
        release(ours, "v901.0.0")
        (floor / "template/more.txt").write_text("later\n")
        release(floor, "v901.0.0")
        took, floor_took, conflicts, lost, different = zip(
            *pool.map(live, range(projects)), strict=True
        )
    medians = statistics.median(took), statistics.median(floor_took)
    report(f"fleet of {projects}: conflicts", str(sum(conflicts)), "0")
    report(f"fleet of {projects}: with lost edits", str(sum(lost)), "0")
    report(f"fleet of {projects}: other than a fresh render and edits", str(sum(different)), "0")
    report(f"fleet of {projects}: update, against a one-file template", ratio(*medians), "<= 1.5")

    docker = not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    failed, ran = [], 0
    for isolation, app in [(i, a) for i in ("venv", "docker", "both") for a in ("cli", "web")]:
        fit = (
            i for i, one in enumerate(fleet) if (one["isolation"], one["app"]) == (isolation, app)
        )
        if (number := next(fit, None)) is None or (isolation == "docker" and not docker):
            continue
        words = ["docker", "compose", "run", "--rm", "test"]
        if isolation != "docker":
            words = ["bash", "-c", ". dev/activate && pytest"]
        ran += 1
        path = started[number][0].path
        shutil.copy(path / ".env.example", path / ".env")
        done = started[number][0].run(*words, check=False)
        if done.returncode:
            failed.append(number)
            print(done.stdout[-2000:], done.stderr[-2000:])
        if isolation == "docker":
            started[number][0].run(
                *("docker", "compose", "down", "--remove-orphans", "--volumes", "--rmi=local"),
                check=False,
            )
    report(f"of {ran} projects, whose tests fail afterwards", str(len(failed)), "0")


def choose(scratch: Path) -> None:
    """Measure what the isolations keep apart and cost, and write it into the documentation."""
    sys.path.insert(0, str(ROOT / "tests"))
    from choose import measure
    from plots import write_plots
    from support.figures import DATA, PAGES, filled

    uv = shutil.which("uv", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    data = measure(scratch, run, Path(uv or sys.exit("uv is missing")))
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    for path, language in PAGES.items():
        path.write_text(filled(path.read_text("utf-8"), data, language), encoding="utf-8")
    write_plots(data, DATA.parent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    usual = (footprint, rendering, tests, activation, setup, builds, image, fleet)
    sections = {f.__name__: f for f in (*usual, choose)}
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(sections))
    parser.add_argument("--projects", type=int, default=200, help="of the fleet (default: 200)")
    parser.add_argument("--jobs", type=int, default=2, help="of the fleet at a time (default: 2)")
    given = parser.parse_args()
    if unknown := set(given.sections) - sections.keys():
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(sections)}")
    for name in given.sections or [f.__name__ for f in usual]:
        options = {"projects": given.projects, "jobs": given.jobs} if name == "fleet" else {}
        with tempfile.TemporaryDirectory() as scratch:
            sections[name](Path(scratch).resolve(), **options)


if __name__ == "__main__":
    main()
