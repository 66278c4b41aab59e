"""Evaluate classical, local and remote language systems on the same examples, Korean first.

    from harness import run, load_runs, leaderboard, compare
    from harness import runs                     # runs.frame(): all of them as a table

The four, and what they return, are in `api`; they are loaded when somebody asks for one, so that
`harness --help` does not pay for them. `__init__.pyi` tells type checkers of them.
"""

__version__ = "0.1.0"
DISTRIBUTION = "harness-ko"

_API = ("Comparison", "Leaderboard", "Run", "compare", "leaderboard", "load_runs", "run")
_MODULES = ("runs",)


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"harness.{name}")
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("harness.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_API, *_MODULES])
