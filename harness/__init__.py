"""Evaluate classical, local and remote language systems on the same examples, Korean first."""

__version__ = "0.1.0"
DISTRIBUTION = "harness-ko"
