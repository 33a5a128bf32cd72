"""Write what syft finds in an image, as BuildKit asks its generators of SBOMs to.

This program stands in for docker/buildkit-syft-scanner, in an image that test_publish.py builds.
"""

import json
import os
import subprocess
from pathlib import Path

source = os.environ["BUILDKIT_SCAN_SOURCE"]
words = ["syft", "scan", f"dir:{source}", "--output=spdx-json", "--quiet"]
found = subprocess.run(words, check=True, capture_output=True).stdout
statement = {
    "_type": "https://in-toto.io/Statement/v0.1",
    "predicateType": "https://spdx.dev/Document",
    "predicate": json.loads(found),
}
target = Path(os.environ["BUILDKIT_SCAN_DESTINATION"], "packages.spdx.json")
target.write_text(json.dumps(statement), encoding="utf-8")
