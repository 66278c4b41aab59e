"""Text normalisation, Korean morphemes, HTML as text, display width."""
