"""Answers that were made elsewhere, read from a file as a system's own."""
