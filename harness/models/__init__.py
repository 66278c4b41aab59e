"""Models written from scratch, a page each."""

LEAST = -27.631021115928547
"""log 1e-12 (nats): what a model says of an answer that it holds for all but impossible."""
