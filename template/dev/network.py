"""Tell venv.py what the network of the company asks for, as environment variables.

pip.conf has the index, for uv too. What certs/*.crt hold is trusted beside what this machine
trusts: a list of certificates replaces the one that a program has, so all go into one file.
"""

import configparser
import glob
import os
import ssl
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
BUNDLE = os.path.join(ROOT, "certs", "bundle.pem")
NAMES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def files(folder, pattern):
    """Return the paths in a folder that fit a pattern."""
    return sorted(glob.glob(os.path.join(glob.escape(folder), pattern)))


def read(path):
    """Return the text of a file, nothing when it is missing."""
    return open(path, encoding="utf-8").read() if os.path.exists(path) else ""


def trust(own):
    """Write a file with the certificates of this machine and these ones.

    Its first line names the lists that the user set, which stay in force: when this runs in
    an activated shell, the variables name this file itself.
    """
    lists = {os.environ[name] for name in NAMES if os.environ.get(name)}
    if BUNDLE in lists:
        lists = set(read(BUNDLE).partition("\n")[0].split("\t")[1:])
    os.environ.pop("SSL_CERT_FILE", None)
    context = ssl.create_default_context()
    system = files(ssl.get_default_verify_paths().capath or ROOT, "*.[0-9]")
    for path in [*filter(os.path.isfile, [*system, *sorted(lists)]), *own]:
        try:
            context.load_verify_locations(path)
        except OSError:  # what ssl raises is one
            sys.exit(f"venv: {path}: expected PEM, see certs/README.md")
    known = map(ssl.DER_cert_to_PEM_cert, context.get_ca_certs(binary_form=True))
    text = "\t".join(["#", *sorted(lists)]) + "\n" + "".join(known)
    if read(BUNDLE) != text:
        with open(f"{BUNDLE}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{BUNDLE}.new", BUNDLE)


def variables():
    """Return the variables; a pip configuration that the user names stays."""
    found = {}
    config = os.path.join(ROOT, "pip.conf")
    if os.path.exists(config) and os.environ.get("PIP_CONFIG_FILE", config) == config:
        found["PIP_CONFIG_FILE"] = config
        settings = configparser.RawConfigParser()
        try:
            settings.read(config, encoding="utf-8")
            # The older name, which comes after what a user sets as UV_DEFAULT_INDEX.
            found["UV_INDEX_URL"] = settings.get("global", "index-url")
        except (configparser.Error, UnicodeError):
            sys.exit(f"venv: {config}: expected [global] and index-url = https://... below it")
    if own := files(os.path.join(ROOT, "certs"), "*.crt"):
        trust(own)
        found.update(dict.fromkeys(NAMES, BUNDLE))
    return found
