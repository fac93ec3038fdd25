"""People's accounts: entering, password, profile, and people in the admin."""
