"""The words of the navigation that lead to the rules."""

from django.utils.translation import gettext_lazy as _

from portal.navigation import Entry, entries

entries.append(Entry(10, "protocolli", _("Protocolli"), "/protocolli/", "protocolpage"))
entries.append(Entry(20, "procedure", _("Procedure"), "/procedure/", "procedurepage"))
entries.append(Entry(30, "moduli", _("Moduli"), "/moduli/", "formpage"))
