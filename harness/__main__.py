"""`python -m harness` is the command `harness`."""

import os
import sys

import harness

# `-m` puts the working directory before all else, and a stranger's folder may hold a yaml.py or a plugin.
_ELSEWHERE = os.path.dirname(os.path.dirname(os.path.abspath(harness.__file__))) != os.getcwd()
if sys.path and sys.path[0] in ("", os.getcwd()) and not sys.flags.safe_path and _ELSEWHERE:
    del sys.path[0]

from harness.cli import main  # noqa: E402

main()
