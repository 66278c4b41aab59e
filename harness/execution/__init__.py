"""What models write is run here: a sandbox that is kept warm, and judges of programs and queries."""
