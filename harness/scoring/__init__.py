"""From a journal to figures: per-example scores, aggregation, rescoring, answers made elsewhere."""
