"""Break the template on purpose, and see whether the tests notice:  python tools/mutate.py

Each mutation in mutations/ takes something from the users of the template. It is made in a
copy of the working tree, one at a time, and the tests that could notice are run there. What no
test notices has survived, and is a gap in the tests. Below 95 % of noticed mutations, this ends
with 1; so it does when a mutation no longer applies, because what it breaks was rewritten, or
when its tests fail without it.

    --list                 only name the mutations
    --diff                 only show what each of them changes
    --only TEXT            those whose name, kind or tests contain this text; may be repeated
    --without docker,nu    leave out those whose tests need one of these
    --again                do not run the tests without mutations first, as they were green lately
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
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from mutations import MUTATIONS, DoesNotApply, Mutation, Tests

ROOT = Path(__file__).resolve().parent.parent
GOAL = 95  # per cent
NO_TESTS = 5  # how pytest exits when it finds none
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
    process: subprocess.Popen[bytes] | None = None

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

    def test(self, *sets: Tests, jobs: int = 0, to_the_end: bool = False) -> Run:
        """Run the tests that could notice; until one fails, if not told otherwise."""
        temporary = self.folder.with_name(f"{self.folder.name}.tmp")
        command = [sys.executable, "-m", "pytest", "--quiet", "--tb=line", "-r", "fE"]
        command += [f"--numprocesses={jobs}", "-p", "no:cacheprovider"]
        command += [f"--basetemp={temporary}"]
        command += [] if to_the_end else ["--exitfirst"]
        command += ["-k", " or ".join(tests.expression(self.folder) for tests in sets)]
        command += sorted({path for tests in sets for path in tests.files(self.folder)})

        self.process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that all that it starts can be ended
        )
        try:
            output, _ = self.process.communicate(timeout=None if to_the_end else TIMEOUT)
        except subprocess.TimeoutExpired:
            self.end()
            output, _ = self.process.communicate()
            output += b"\nFAILED (did not end)\n"
        shutil.rmtree(temporary, ignore_errors=True)
        return Run(self.process.returncode, output.decode("utf-8", "replace"))

    def end(self) -> None:
        """End the tests that run."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)


@dataclass
class Workshop:
    """Several copies, each used by one thread at a time."""

    folder: Path
    jobs: int
    copies: list[Copy] = field(default_factory=list)
    free: queue.Queue[Copy] = field(default_factory=queue.Queue)

    def open(self) -> None:
        for number in range(self.jobs):
            copy = Copy(self.folder / f"copy{number}")
            copy.fill()
            self.copies.append(copy)
            self.free.put(copy)

    def close(self) -> None:
        for copy in self.copies:
            copy.end()

    def faults(self, mutations: list[Mutation]) -> dict[Tests, str]:
        """Return the tests that fail, or cannot be run, although nothing is broken yet."""
        sets = list(dict.fromkeys(mutation.tests for mutation in mutations))
        copy = self.copies[0]
        found = {tests: "no such test file" for tests in sets if not tests.files(copy.folder)}
        there = [tests for tests in sets if tests not in found]

        # All at once, as most tests are in several sets; what fails is looked at one by one.
        run = copy.test(*there, jobs=self.jobs, to_the_end=True)
        if run.status:
            print(run.output)
            files = {failed.partition("::")[0] for failed in run.failed}
            for tests in there:
                if not files or files & {Path(name).name for name in tests.files(copy.folder)}:
                    found[tests] = self.fault(tests)
        return {tests: fault for tests, fault in found.items() if fault}

    def fault(self, tests: Tests) -> str:
        """Return what is wrong with these tests themselves, nothing when they are green."""
        copy = self.free.get()
        try:
            run = copy.test(tests)
        finally:
            self.free.put(copy)
        if run.status == NO_TESTS:
            return f"selects no test: {tests}"
        if run.status:
            return f"fails without the mutation: {(run.failed or [run.output[-500:]])[0]}"
        if not run.passed:
            return f"all tests are skipped: {tests}"
        return ""

    def try_out(self, mutation: Mutation) -> Result:
        """Make a mutation, run the tests, and take it back."""
        copy = self.free.get()
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
            self.free.put(copy)

        seconds = time.monotonic() - start
        if run.status and run.status != NO_TESTS:
            by = run.failed[0] if run.failed else run.output.strip().splitlines()[-1]
            return Result(mutation, NOTICED, by, seconds)
        # What lists the tests may have been derived from what is broken: then none is left.
        if not run.passed and (fault := self.fault(mutation.tests)):
            return Result(mutation, ERROR, fault, seconds)
        if mutation.harmless:
            return Result(mutation, HARMLESS, mutation.harmless, seconds)
        return Result(mutation, SURVIVED, f"{run.passed} passed: {mutation.tests}", seconds)


def missing(component: str) -> bool:
    """Tell whether this machine lacks what some tests need."""
    if component == "docker":
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0
    return shutil.which({"wine": "wine10"}.get(component, component)) is None


def chosen(options: argparse.Namespace) -> tuple[list[Mutation], list[Result]]:
    """Return the mutations to try, and those that are left out, with the reason."""
    texts = [text.lower() for text in options.only]
    named = [
        m for m in MUTATIONS if any(t in f"{m.kind}: {m.name}: {m.tests}".lower() for t in texts)
    ]
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


def try_all(mutations: list[Mutation], jobs: int, again: bool) -> Iterable[Result]:
    """Yield what becomes of each mutation; first of all, run its tests without it."""
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        workshop = Workshop(Path(folder), jobs)
        threads = ThreadPoolExecutor(jobs)
        try:
            workshop.open()
            faults = {} if again else workshop.faults(mutations)
            for mutation in mutations:
                if fault := faults.get(mutation.tests):
                    yield Result(mutation, ERROR, fault)
            sound = [mutation for mutation in mutations if mutation.tests not in faults]
            tried = [threads.submit(workshop.try_out, mutation) for mutation in sound]
            for future in as_completed(tried):
                yield future.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            workshop.close()
            threads.shutdown()


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
    parser.add_argument("--only", action="append", metavar="TEXT")
    parser.add_argument("--without", default="", metavar="COMPONENTS")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    options = parser.parse_args()

    options.only = options.only or [""]

    mutations, left_out = chosen(options)
    if options.list:
        for mutation in [*mutations, *(result.mutation for result in left_out)]:
            needs = f" (needs {', '.join(mutation.needs)})" if mutation.needs else ""
            print(f"{mutation.kind:12} {mutation.name}{needs}: {mutation.tests}")
        return 0
    if options.diff:
        return show_differences(mutations)

    results = left_out
    for result in try_all(mutations, options.jobs, options.again):
        results.append(result)
        print(line(result), flush=True)
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
