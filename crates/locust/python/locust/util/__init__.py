"""Small things that files import."""
