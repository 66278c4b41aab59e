"""Prices, money, token bounds, budgets and the accounting of a run."""
