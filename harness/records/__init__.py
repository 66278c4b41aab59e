"""What a run writes: run.json, the journal samples.jsonl, its lock and its fingerprint."""
