"""Anything rendered from runs."""
