# SPDX-License-Identifier: MIT
"""Of what `llvm-cov export -summary-only` says, the branches of some files: branches.py FILE..."""

import json
import os
import sys

wanted = {os.path.realpath(name) for name in sys.argv[1:]}
(export,) = json.load(sys.stdin)["data"]
total = reached = 0
for file in export["files"]:
    if (name := os.path.realpath(file["filename"])) in wanted:
        branches = file["summary"]["branches"]
        total += branches["count"]
        reached += branches["covered"]
        share = f"{branches['percent']:5.1f} %"
        print(f"{share} of {branches['count']:4}  {os.path.relpath(name)}")
print(f"{100 * reached / total:5.1f} % of {total:4}  branches of the parsers")
