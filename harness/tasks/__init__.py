"""The task schema, its validation, and groups of tasks."""
