"""Simulated worlds: a class whose methods are tools that a model calls, and whose state is judged."""
