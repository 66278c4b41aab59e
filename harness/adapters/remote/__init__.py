"""Models behind an HTTP API: concurrency, retries, rate limits, replies."""
