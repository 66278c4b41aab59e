"""Answers that no rule can score: what people and judges say of them."""
