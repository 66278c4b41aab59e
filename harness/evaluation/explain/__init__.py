"""Why two figures differ: a walk from one run's settings to another's, one setting at a time."""
