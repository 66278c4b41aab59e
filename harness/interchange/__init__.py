"""Runs of other harnesses in and out: lm-evaluation-harness, Inspect, HELM, Every Eval Ever."""
