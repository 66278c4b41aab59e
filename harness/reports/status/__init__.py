"""How far runs are, read from their directories while other processes write them."""
