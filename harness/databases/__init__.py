"""Databases of a task: files of SQL in SQLite, and whether two results of queries are the same."""
