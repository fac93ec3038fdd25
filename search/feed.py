"""What search adds to the home page: the person's last searches."""

from portal.notices.feed import sources

from .recent import searches

sources.resume.append(searches)
