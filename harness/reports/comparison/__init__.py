"""Two runs compared, example by example."""
