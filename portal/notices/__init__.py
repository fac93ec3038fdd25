"""What a person is told: what to do, what changed, by page and by mail."""
