# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Tell programs about the network of the company, through environment variables."""

# pip.conf has the index, for uv as well. The certificates in certs/*.crt are trusted beside those
# that this machine trusts: programs accept one list only, so all are written into one file.

import configparser
import os
import ssl
from pathlib import Path

from dev_locks import ROOT, Problem

CONFIG = ROOT / "pip.conf"
BUNDLE = ROOT / "certs" / "bundle.pem"
NAMES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def trust(certificates):
    """Write a file with the certificates of this machine and these ones."""
    # Its first line names the lists that the user set, which stay in force: in an activated shell
    # the variables name the file itself.
    lists = {os.environ[name] for name in NAMES if os.environ.get(name)}
    if str(BUNDLE) in lists:
        first_line = BUNDLE.read_text("utf-8").partition("\n")[0] if BUNDLE.exists() else ""
        lists = set(first_line.split("\t")[1:])
    os.environ.pop("SSL_CERT_FILE", None)
    context = ssl.create_default_context()

    folder = Path(ssl.get_default_verify_paths().capath or ROOT)
    system = sorted(folder.glob("*.[0-9]"))
    for path in [*system, *map(Path, sorted(lists)), *certificates]:
        if not path.is_file() and path not in certificates:
            continue
        try:
            context.load_verify_locations(path)
        except OSError:  # an ssl.SSLError is one
            raise Problem(f"{path}: expected PEM, see certs/README.md") from None

    known = map(ssl.DER_cert_to_PEM_cert, context.get_ca_certs(binary_form=True))
    text = "\t".join(["#", *sorted(lists)]) + "\n" + "".join(known)
    new = BUNDLE.with_name("bundle.pem.new")
    new.write_text(text, "utf-8")
    new.replace(BUNDLE)


def variables():
    """Return the variables; a pip configuration that the user chose is kept."""
    found = {}
    if CONFIG.exists() and os.environ.get("PIP_CONFIG_FILE", str(CONFIG)) == str(CONFIG):
        found["PIP_CONFIG_FILE"] = str(CONFIG)
        settings = configparser.RawConfigParser()
        try:
            settings.read(CONFIG, encoding="utf-8")
            # This is the older name; uv prefers UV_DEFAULT_INDEX, which a user may have set.
            found["UV_INDEX_URL"] = settings.get("global", "index-url")
        except (configparser.Error, UnicodeError):
            expected = "expected [global] and index-url = https://... below it"
            raise Problem(f"{CONFIG}: {expected}") from None
    if certificates := sorted((ROOT / "certs").glob("[!.]*.crt")):
        trust(certificates)
        found.update(dict.fromkeys(NAMES, str(BUNDLE)))
    return found
