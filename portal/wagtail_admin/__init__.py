"""Wagtail's admin, held to what its user may know."""
