"""What keeps an installation alive for years: copies, their way back, and what is wrong with it."""
