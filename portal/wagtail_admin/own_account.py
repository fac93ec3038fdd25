"""How the editors' area looks to oneself. Name, telephone and mails stand in the portal's profile."""

from typing import Any

from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.account import AccountView, ThemeSettingsPanel


class Account(AccountView):
    """Without a picture that readers would never see, mails that are never sent, and a second place for the name."""

    def get_panels(self) -> list[Any]:
        return [panel for panel in super().get_panels() if isinstance(panel, ThemeSettingsPanel)]


account = require_admin_access(Account.as_view())
