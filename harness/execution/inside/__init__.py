"""What runs inside a sandbox: the standard library alone, started with `python -I -S`."""
