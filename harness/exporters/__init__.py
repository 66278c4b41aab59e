"""Where runs can be pushed to: tables, and the trackers of experiments that people know."""
