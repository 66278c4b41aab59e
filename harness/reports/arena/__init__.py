"""Boards of systems that were judged against each other."""
