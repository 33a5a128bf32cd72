"""What Docker gets to see of a project: what `.dockerignore` lets pass, as the builder lists it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.projects import Bakery, Project

pytestmark = pytest.mark.needs("docker")

# At least one for each pattern that keeps something out, and for each of its ends.
SECRETS = [
    ".env",
    ".env.local",
    ".hidden/x.py",
    "__pycache__/x.pyc",
    "_netrc",
    "app.sqlite3",
    "app.sqlite3-wal",
    "aws-credential.ini",
    "aws-credentials.toml",
    "credential.yaml",
    "credentials",
    "my-credentials.yml",
    "deploy_ed25519",
    "deploy_rsa",
    "env.local",
    "env.production",
    "git-credentials",
    "google-credentials.json",
    "htpasswd",
    "id_dsa",
    "id_dsa.pub",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk.pub",
    "id_rsa",
    "id_rsa.pub",
    "kubeconfig",
    "my.kubeconfig",
    "my-kubeconfig.yaml",
    "my-kubeconfig-2.yml",
    "netrc",
    "node_modules/x.js",
    "npmrc",
    "pgpass",
    "pgpass.conf",
    "plan.tfplan",
    "production.env",
    "putty.ppk",
    "pypirc",
    "pyvenv.cfg",
    "my-secret-1.json",
    "client-secret.toml",
    "my-secrets-1.yaml",
    "my-secrets.yml",
    "server.key",
    "server.key.old",
    "server.pem",
    "server.pem.old",
    "service_account.json",
    "my-serviceAccount-1.json",
    "site-packages/x.py",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "terraform.tfvars",
    "venv/x.py",
    "vim.swp",
    "vpn.ovpn",
    "x-firebase-adminsdk-1.json",
    "x.asc",
    "x.egg-info/PKG-INFO",
    "x.gpg",
    "x.jks",
    "x.kdbx",
    "x.keystore",
    "x.p12",
    "x.p8",
    "x.pfx",
    "x.pkcs12",
]
# Parts of a program, whose names are like those above.
PROGRAM = [
    "credentials.py",
    "environment.json",
    "envs/production.toml",
    "htpasswd.py",
    "id.py",
    "key.py",
    "keys.json",
    "kubeconfig.py",
    "netrc.py",
    "secrets.py",
    "service_account.py",
    "sqlite3.py",
    "static/page.html",
    "venv.py",
]

LISTS = ["apt-packages.txt", "dev/dev_locks.py", "dev/dev_metadata.py", "pyproject.toml"]
LISTS += ["requirements-dev.in", "requirements-dev.txt", "requirements.in", "requirements.txt"]
NEVER = [".git/config", "README.md", "compose.yaml", "data/x.csv", "notes.txt", "scripts/x.py"]
NEVER += [
    ".streamlit/x",
    "tests/test_x.py",
    "dump.sql",
    "certificate.crt",
    "srcs/x.py",
    "requirements.yaml",
    "apt-packages-x.txt",
]


def add(project: Project, *names: str) -> None:
    """Write files, with folders where they are missing; leave those that are there."""
    for name in names:
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("x\n")


def sent(project: Project, tmp_path: Path) -> set[str]:
    """Return the files that reach the builder."""
    out = tmp_path / "sent"
    words = ("docker", "build", "--no-cache", "--file=-", f"--output={out}", ".")
    project.run(*words, input="FROM scratch\nCOPY . /\n")
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    shutil.rmtree(out)
    return found


def test_no_secret_and_nothing_that_tools_made_is_sent(bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="docker", services=["postgres"])
    before = sent(project, tmp_path)
    folders = ("", "src/", "src/my_project/", "src/my_project/deeper/", "tests/")
    names = {f"{folder}{name}" for folder in folders for name in SECRETS}
    add(project, *names, "src/my_project.db", "src/my_project.db-journal", "tests/my_project.db")
    assert sent(project, tmp_path) - before == set()


def test_what_only_resembles_a_secret_is_sent(bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="docker")
    before = sent(project, tmp_path)
    names = {f"src/my_project/{name}" for name in PROGRAM}
    add(project, *names, "src/my_project.db")
    assert sent(project, tmp_path) - before == names | {"src/my_project.db"}


def test_lists_locks_and_source_are_sent_and_nothing_else(bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="docker")
    older = "apt-packages-build.txt"
    add(project, older, *NEVER, "certs/company.crt", "pip.conf")
    add(project, "test_x.py", "conftest.py", "setup.cfg", "src/my_project/.well-known/x")
    names = [name for name in project.files() if name.startswith("src/")]
    assert sent(project, tmp_path) == {older, *LISTS, *names}


def test_in_a_companys_network_its_certificates_and_index_are_sent(
    bake: Bakery, tmp_path: Path
) -> None:
    index = "https://index.example.com/simple"
    project = bake(isolation="docker", company_network=True, package_index=index)
    add(project, "certs/company.crt", "certs/company.key", "certs/company.pem")
    names = [name for name in project.files() if name.startswith("src/")]
    expected = {*LISTS, *names, "pip.conf", "certs/README.md", "certs/company.crt"}
    expected |= {"dev/dev_network.py"}
    assert sent(project, tmp_path) == expected


def test_of_code_that_was_there_what_was_named_is_sent(bake: Bakery, tmp_path: Path) -> None:
    named = {"code": "shop manage.py .streamlit", "command": "gunicorn shop"}
    project = bake(isolation="docker", app="own", **named, writes="shop/media")
    code = {"manage.py", "shop/__init__.py", "shop/templates/a.html", ".streamlit/x"}
    others = {"src/x.py", "other.py", "conftest.py", "shop/secrets.yaml", "shop/media/x.png"}
    secrets = {f".streamlit/{name}" for name in SECRETS if not name.startswith(".streamlit")}
    lists = {*LISTS, "dev/build.sh", "dev/dev_lists.py", "dev/tools.in"}
    add(project, *NEVER, *code, *others, *secrets, "dev/build.sh")
    assert sent(project, tmp_path) == {*lists, *code}
