"""What search adds to the home page: the person's last searches."""

from portal.feed import sources

from .recent import searches

sources.resume.append(searches)
