"""CLIP: pictures and texts in one space."""
