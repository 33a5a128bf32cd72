"""Break the template on purpose, and see whether the tests notice:  python tools/mutate.py

Each mutation in mutations.py takes something from the users of the template. It is made in a
copy of the working tree, one at a time, and the tests that could notice are run there. What no
test notices has survived, and is a gap in the tests. Below 95 % of noticed mutations, this ends
with 1; so it does when a mutation no longer applies, because what it breaks was rewritten, or
when its tests fail without it.

    --list                 only name the mutations
    --diff                 only show what each of them changes
    --only TEXT            those whose name, kind or tests contain this text
    --without docker,nu    leave out those whose tests need one of these
    --jobs 2               how many to try at once; each takes about one processor
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from breaking import DoesNotApply
from mutations import MUTATIONS, Mutation, Tests

ROOT = Path(__file__).resolve().parent.parent
GOAL = 95  # per cent
TIMEOUT = 900  # seconds; a mutation can make a test wait for ever, and is noticed then

NOTICED = "noticed"
SURVIVED = "SURVIVED"
HARMLESS = "no fault"
ERROR = "ERROR"
LEFT_OUT = "left out"


@dataclass
class Run:
    """What pytest said."""

    status: int
    output: str

    @property
    def failed(self) -> list[str]:
        """Return the tests that failed, by name."""
        return re.findall(r"^(?:FAILED|ERROR) (?:tests/)?(\S+)", self.output, re.MULTILINE)

    @property
    def passed(self) -> int:
        """Return how many tests passed."""
        found = re.search(r"(\d+) passed", self.output)
        return int(found[1]) if found else 0


@dataclass
class Result:
    """What became of a mutation."""

    mutation: Mutation
    outcome: str
    remark: str = ""
    seconds: float = 0


@dataclass
class Copy:
    """A copy of the working tree, in which one mutation after the other is made.

    It is a clone, as some tests look at the history, and so that a mutation can be taken back.
    """

    folder: Path

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Mutation", "-c", "user.email=mutation@example.org")
        command = ["git", *who, *words]
        done = subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode("utf-8", "replace")

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", message)

    def fill(self) -> None:
        """Clone the repository, and take over what is not committed."""
        subprocess.run(["git", "clone", "--quiet", ROOT, self.folder], check=True)
        for path in self.folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        self.commit("The working tree as it is")

    def take_back(self, commit: str) -> None:
        self.git("reset", "--quiet", "--hard", commit)
        self.git("clean", "-dffqx")

    def test(self, tests: Tests) -> Run:
        """Run the tests that could notice, until one fails."""
        temporary = self.folder.with_name(f"{self.folder.name}.tmp")
        # In one process: what runs at once is several mutations.
        command = [sys.executable, "-m", "pytest", "--exitfirst", "--quiet", "--tb=line"]
        command += ["-r", "fE", "--numprocesses=0", "-p", "no:cacheprovider"]
        command += [f"--basetemp={temporary}", "-k", tests.expression(self.folder)]
        command += tests.files(self.folder)
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
                output += b"\nFAILED (did not end)\n"
        shutil.rmtree(temporary, ignore_errors=True)
        return Run(process.returncode, output.decode("utf-8", "replace"))


@dataclass
class Workshop:
    """Several copies, each used by one thread at a time."""

    jobs: int
    folder: Path
    copies: queue.Queue[Copy] = field(default_factory=queue.Queue)

    def open(self) -> None:
        for number in range(self.jobs):
            copy = Copy(self.folder / f"copy{number}")
            copy.fill()
            self.copies.put(copy)

    def without_mutation(self, tests: Tests) -> str:
        """Return what is wrong with these tests themselves, nothing when they are green."""
        copy = self.copies.get()
        try:
            if not tests.files(copy.folder):
                return f"no such test file: {tests}"
            run = copy.test(tests)
        finally:
            self.copies.put(copy)
        if run.status == 5:
            return f"no test is selected by {tests}"
        if run.status:
            return f"fails without the mutation: {', '.join(run.failed) or run.output[-500:]}"
        if not run.passed:
            return f"all tests are skipped: {tests}"
        return ""

    def try_out(self, mutation: Mutation) -> Result:
        """Make a mutation, run the tests, and take it back."""
        copy = self.copies.get()
        start = time.monotonic()
        pristine = copy.git("rev-parse", "HEAD").strip()
        try:
            mutation.make(copy.folder)
            copy.commit(mutation.name)
            run = copy.test(mutation.tests)
        except DoesNotApply as error:
            return Result(mutation, ERROR, f"does not apply: {error}")
        finally:
            copy.take_back(pristine)
            self.copies.put(copy)

        seconds = time.monotonic() - start
        # 5 means that no test is left: what lists the tests was derived from what is broken.
        if run.status not in (0, 5):
            by = run.failed[0] if run.failed else run.output.strip().splitlines()[-1]
            return Result(mutation, NOTICED, by, seconds)
        if mutation.harmless:
            return Result(mutation, HARMLESS, mutation.harmless, seconds)
        return Result(mutation, SURVIVED, f"{run.passed} passed: {mutation.tests}", seconds)


def missing(component: str) -> bool:
    """Tell whether this machine lacks what some tests need."""
    if component == "docker":
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0
    return shutil.which(component) is None


def chosen(options: argparse.Namespace) -> tuple[list[Mutation], list[Result]]:
    """Return the mutations to try, and those that are left out, with the reason."""
    text = options.only.lower()
    named = [m for m in MUTATIONS if text in f"{m.name} {m.kind} {m.tests}".lower()]
    unwanted = set(options.without.split(","))
    lacking = {name for m in named for name in m.needs if name not in unwanted and missing(name)}

    to_try, left_out = [], []
    for mutation in named:
        if without := unwanted & set(mutation.needs):
            left_out.append(Result(mutation, LEFT_OUT, f"--without {', '.join(sorted(without))}"))
        elif lack := lacking & set(mutation.needs):
            left_out.append(Result(mutation, LEFT_OUT, f"missing: {', '.join(sorted(lack))}"))
        else:
            to_try.append(mutation)
    return to_try, left_out


def try_all(mutations: list[Mutation], jobs: int) -> Iterable[Result]:
    """Yield what becomes of each mutation; first of all, run its tests without it."""
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        workshop = Workshop(jobs, Path(folder))
        workshop.open()
        with ThreadPoolExecutor(jobs) as threads:
            sets = dict.fromkeys(mutation.tests for mutation in mutations)
            faults = dict(zip(sets, threads.map(workshop.without_mutation, sets), strict=True))
            sound = [mutation for mutation in mutations if not faults[mutation.tests]]
            for mutation in mutations:
                if fault := faults[mutation.tests]:
                    yield Result(mutation, ERROR, fault)
            yield from threads.map(workshop.try_out, sound)


def show_differences(mutations: list[Mutation]) -> int:
    """Print what each mutation changes; return 1 when one does not apply."""
    status = 0
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copy = Copy(Path(folder, "copy"))
        copy.fill()
        for mutation in mutations:
            print(f"\n# {mutation.kind}: {mutation.name}")
            try:
                mutation.make(copy.folder)
                print(copy.git("diff", "--unified=1"), end="")
            except DoesNotApply as error:
                status = 1
                print(f"{ERROR}: does not apply: {error}")
            copy.take_back("HEAD")
    return status


def line(result: Result) -> str:
    """Return a row of the table."""
    mutation = result.mutation
    time_taken = f"{result.seconds:4.0f} s" if result.seconds else ""
    return f"{result.outcome:8} | {mutation.kind:12} | {mutation.name} | {result.remark} | {time_taken}"


def report(results: list[Result]) -> int:
    """Print a table and the score; return the exit status."""
    order = [NOTICED, HARMLESS, LEFT_OUT, SURVIVED, ERROR]
    counts = Counter(result.outcome for result in results)
    print(f"\n{'outcome':8} | {'kind':12} | what a user loses | noticed by, or why not | time")
    for result in sorted(results, key=lambda result: order.index(result.outcome)):
        print(line(result))

    tried = counts[NOTICED] + counts[SURVIVED]
    score = 100 * counts[NOTICED] / tried if tried else 0
    print(f"\n{counts[NOTICED]} of {tried} noticed: {score:.1f} % (goal: {GOAL} %)")
    for outcome in (HARMLESS, LEFT_OUT, ERROR):
        if counts[outcome]:
            print(f"{outcome}: {counts[outcome]}")
    return 1 if score < GOAL or counts[ERROR] else 0


def main() -> int:
    description, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--diff", action="store_true")
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--without", default="", metavar="COMPONENTS")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    options = parser.parse_args()

    mutations, left_out = chosen(options)
    if options.list:
        for mutation in [*mutations, *(result.mutation for result in left_out)]:
            needs = f" (needs {', '.join(mutation.needs)})" if mutation.needs else ""
            print(f"{mutation.kind:12} {mutation.name}{needs}: {mutation.tests}")
        return 0
    if options.diff:
        return show_differences(mutations)

    results = left_out
    for result in try_all(mutations, options.jobs):
        results.append(result)
        print(line(result), flush=True)
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
