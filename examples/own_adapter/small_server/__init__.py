"""An adapter for a sentiment server of our own."""
