"""`harness doctor`: what is here, and what each backend still needs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from harness import __version__
from harness.cli.options import AllowEndpoint, Json, Offline, Settings, Trust
from harness.cli.output import emit, print_json
from harness.errors import BadInput


def doctor(
    numerics: Annotated[
        bool, typer.Option("--numerics", help="measure how a backend's answers depend on its batches")
    ] = False,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", metavar="BACKEND", help="with --numerics: which one")
    ] = None,
    set_: Settings = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    allow_endpoint: AllowEndpoint = None,
    json: Json = False,
) -> int:
    """Say what is installed and what each backend still needs."""
    from harness.backends import allowed_endpoints
    from harness.cli import arguments

    allowed_endpoints.allow(allow_endpoint or ())
    if not numerics:
        return _print_installation(json=json)
    settings = arguments.grid(set_, "-m")
    return _print_numerics(backend, settings, offline=offline, trust_remote_code=trust_remote_code, json=json)


def _print_installation(*, json: bool) -> int:
    """Print the state of the installation; 0 even if something is missing: nothing was asked of it."""
    from harness.evaluation.installation import examination

    found = examination()
    if json:
        print_json(found)
        return 0
    cache, data = found["cache"], found["data"]
    emit(f"harness {__version__}, Python {found['python']}, {found['platform']}")
    emit(f"cores {found['cores']}, accelerator {found['accelerator'] or 'none found'}")
    emit(f"cache {cache['path']} ({cache['problem'] or 'writable'})")
    emit(f"data  {data['path'] or 'HARNESS_DATA is not set'}{_about(data)}")
    for name, version in found["packages"].items():
        emit(f"  {name} {version}")
    for extra, state in found["extras"].items():
        emit(f"  [{extra}] {'installed' if state['installed'] else state['install']}")
    emit("plugins " + ("; ".join([*found["plugins"], *found["broken"]]) or "none but the built-in"))
    emit("backends")
    for name, obstacles in found["backends"].items():
        key = found["keys"].get(name)
        ready = f"ready ({key} is set)" if key else "ready"
        emit(f"  {name}: {'; '.join(one.removeprefix(f'{name} ') for one in obstacles) or ready}")
    return 0


def _print_numerics(
    backend: str | None,
    settings: list[dict[str, Any]],
    *,
    offline: bool,
    trust_remote_code: bool,
    json: bool,
) -> int:
    """Print how far a backend's answers move with the size of its batches.

    Raises:
        BadInput: no backend is named, or a setting has several values.
    """
    from harness.evaluation import batch_invariance as numerics

    if backend is None or len(settings) > 1:
        raise BadInput("--numerics takes one backend with one value a setting: add -b BACKEND")
    options = numerics.sampled(trust_remote_code=trust_remote_code, offline=offline)
    found = numerics.measure(backend, settings[0], options)
    if json:
        print_json(found.plain())
    else:
        emit(found.told())
    return 0


def _about(data: dict[str, Any]) -> str:
    if data["path"] is None:
        return "; --data-dir DIR or --sample say where data is"
    return "" if data["there"] else " (NOT there)"
