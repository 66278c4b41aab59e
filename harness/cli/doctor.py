"""`harness doctor`: what is here, and what each backend still needs."""

from __future__ import annotations

from typing import Annotated, Any

from harness import __version__
from harness.cli.output import print_json, tell
from harness.options.flags import Flag
from harness.options.running import RunOptions
from harness.options.shared import Json
from harness.terminal import spoken

# How backends are told apart, and in which order.
GROUPS = {
    "ready": "backends that are ready",
    "key": "backends that need a key",
    "download": "backends whose weights would be downloaded; gated ones want accepted terms and HF_TOKEN",
    "memory": "backends whose weights do not fit into this machine's memory",
    "setup": "backends that need a package, a setting or a yes",
}


def doctor(
    *,
    numerics: Annotated[
        bool,
        Flag(
            "--numerics",
            help="measure how a backend's answers depend on its batches",
            ko="시스템의 답이 배치 크기에 따라 얼마나 달라지는지 잼",
        ),
    ] = False,
    options: RunOptions,
    json: Json = False,
) -> int:
    """Say what is installed and what each backend still needs."""
    from harness.backends import allowed_endpoints

    allowed_endpoints.allow(options.allow_endpoint)
    return _print_numerics(options, json=json) if numerics else _print_installation(json=json)


def _print_installation(*, json: bool) -> int:
    """Print the state of the installation; 0 even if something is missing: nothing was asked of it."""
    from harness.evaluation.installation import examination
    from harness.execution.sandboxes import ADVICE

    found = examination()
    if json:
        print_json(found)
        return 0
    cache, data = found["cache"], found["data"]
    tell(f"harness {__version__}, Python {found['python']}, {found['platform']}")
    tell(f"cores {found['cores']}, accelerator {found['accelerator'] or 'none found'}")
    tell(f"cache {cache['path']} ({cache['problem'] or 'writable'})")
    tell(f"data  {data['path'] or 'HARNESS_DATA is not set'}{_about(data)}")
    for name, version in found["packages"].items():
        tell(f"  {name} {version}")
    for extra, state in found["extras"].items():
        tell(f"  [{extra}] {'installed' if state['installed'] else state['install']}")
    tell("sandboxes for --allow-code-execution")
    for name, why in found["sandboxes"].items():
        tell(f"  {name}: {why or 'works'}")
    if all(found["sandboxes"].values()):
        tell(f"  {ADVICE}")
    tell("plugins " + ("; ".join([*found["plugins"], *found["broken"]]) or "none but the built-in"))
    for group, title in GROUPS.items():
        names = [name for name, said in found["groups"].items() if said == group]
        if names:
            tell(f"{spoken(title)} ({len(names)})")
        for name in names:
            tell(f"  {name}: {_state(name, found)}")
    return 0


def _state(name: str, found: dict[str, Any]) -> str:
    """Return what a backend still needs, what it would download, or that it is ready."""
    obstacles = [one.removeprefix(f"{name} ") for one in found["backends"][name]]
    model = found["models"].get(name)
    key = found["keys"].get(name)
    ready = f"ready ({key} is set)" if key else "ready"
    return "; ".join([*obstacles, *([model] if model else [])]) or ready


def _print_numerics(options: RunOptions, *, json: bool) -> int:
    """Print how far a backend's answers move with the size of its batches.

    Raises:
        BadInput: no backend is named, or a setting has several values.
    """
    from harness.evaluation import batch_invariance as numerics

    found = numerics.measure(options)
    if json:
        print_json(found.plain())
    else:
        tell(found.told())
    return 0


def _about(data: dict[str, Any]) -> str:
    if data["path"] is None:
        return "; --data-dir DIR or --sample say where data is"
    return "" if data["there"] else " (NOT there)"
