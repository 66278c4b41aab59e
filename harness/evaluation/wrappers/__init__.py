"""Adapters around adapters: each has an adapter's shape, and the conductor knows none of them."""
