"""The names that this wheel brings: an adapter, and a backend that uses it."""

from harness.hookspecs import AdapterEntry, FolderEntry, hookimpl


@hookimpl
def register_adapters(register):
    register(
        AdapterEntry(
            "small_server",
            "small_server.adapter:SmallServer",
            asks=("choose",),
            knobs={"url": "str"},  # where it runs changes no answer
            remote=True,  # its answers are kept and not asked for twice
        )
    )


@hookimpl
def register_folders(register):
    register(FolderEntry("backends", "small_server", "backends"))
