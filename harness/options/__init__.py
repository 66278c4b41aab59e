"""What a user may say: each option declared once, for the command line, for Python and for the docs."""
