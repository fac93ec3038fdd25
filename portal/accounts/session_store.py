"""Where sessions are kept: as Django keeps them, and the list of one's own follows a session that gets another key."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def cycle_key(self) -> None:
        """While somebody is inside: the password was changed, or the key of the portal."""
        before = self.session_key
        super().cycle_key()
        if before and SESSION_KEY in self:
            UserSession.objects.filter(session_key=before).update(session_key=self.session_key)
