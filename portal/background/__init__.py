"""Work in the background: jobs, the clock, the processes."""
