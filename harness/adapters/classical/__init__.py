"""Classical learners without a neural network, as adapters."""
