"""Several processes, here or on many machines, that make one run together."""
