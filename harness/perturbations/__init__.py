"""The same question written as people write: each kind changes an input and leaves its right answer alone."""
