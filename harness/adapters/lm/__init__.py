"""What all local language models share: tokenizer, prefix tree, likelihood, stopping, truncation."""
