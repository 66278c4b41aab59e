"""`python -m harness` is the command `harness`."""

import os
import sys
from typing import NoReturn

import harness


def main() -> NoReturn:
    """Run the command line; Ctrl-C while it is still being loaded ends it as at any other moment."""
    try:
        from harness.cli import main as command

        command()
    except KeyboardInterrupt:
        print("harness: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    # `-m` puts the working directory before all else, and a stranger's folder may hold a yaml.py or a plugin.
    elsewhere = os.path.dirname(os.path.dirname(os.path.abspath(harness.__file__))) != os.getcwd()
    if sys.path and sys.path[0] in ("", os.getcwd()) and not sys.flags.safe_path and elsewhere:
        del sys.path[0]
    main()
