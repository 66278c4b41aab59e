"""Networks trained from scratch, as adapters."""
