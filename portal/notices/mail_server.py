"""How mails are given to the mail server: as Django does, and it is told when nobody knows whether one was taken."""

from smtplib import SMTP, SMTP_SSL, SMTPServerDisconnected
from typing import Any

from django.core.mail.backends import smtp
from django.utils.translation import gettext as _


class InDoubt(SMTPServerDisconnected):
    """The text was sent and no answer came: to send it for ever would bring it again and again."""

    def __str__(self) -> str:
        return _("Il server di posta ha chiuso la linea senza dire se ha preso la mail.")


class _Careful:
    def data(self, msg: Any) -> Any:
        try:
            return super().data(msg)  # type: ignore[misc]
        except SMTPServerDisconnected as problem:
            raise InDoubt from problem


class _Plain(_Careful, SMTP):
    pass


class _Encrypted(_Careful, SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[SMTP]:
        return _Encrypted if self.use_ssl else _Plain
