"""Plan runs, execute them and keep what can be kept: run loop, fit cache, answer cache, budget."""
