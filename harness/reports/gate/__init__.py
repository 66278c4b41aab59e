"""The nightly regression gate: candidates against a baseline."""
