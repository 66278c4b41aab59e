"""From files to Examples: sources, formats, downloads, columns, splits."""
