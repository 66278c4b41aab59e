"""Adapters: each drives one kind of engine, and turns Requests into Responses."""
