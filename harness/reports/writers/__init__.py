"""How tables, numbers and notes are written: Markdown, HTML, LaTeX, English and Korean."""
