"""YAML with line numbers, the lookup of definitions, settings, sandboxed templates."""
