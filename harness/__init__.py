"""Evaluate classical, local and remote language systems on the same examples, Korean first.

    from harness import run, load_runs, leaderboard, compare, judge, arena
    from harness import runs                     # runs.frame(): all of them as a table

The six, and what they return, are in `api`; they are loaded when somebody asks for one, so that
`harness --help` does not pay for them. `__init__.pyi` tells type checkers of them.
"""

__version__ = "0.1.0"
DISTRIBUTION = "harness-ko"

_API = {
    **{
        name: f"harness.api:{name}"
        for name in ("Arena", "Comparison", "Leaderboard", "arena", "compare", "judge", "leaderboard", "run")
    },
    **{"Run": "harness.runs:Run", "load_runs": "harness.runs:load", "runs": "harness.runs:"},
}


def __getattr__(name: str) -> object:
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = _API[name].partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted([*globals(), *_API])
