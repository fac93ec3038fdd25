"""Spaces: opening, roles and their copy, sharing, a space at a glance."""
