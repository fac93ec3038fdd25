"""«Segnala un problema in questa pagina»: who is told."""

from . import access, emails
from .models.people import User


def tell(user_id: int, page: str, text: str) -> None:
    """Mail the report to whoever answers for the reporter's spaces."""
    by = User.objects.get(pk=user_id)
    to = access.somebody_to_ask(by)
    if to is not None:
        emails.problem_mail(to, by=by, page=page, text=text).send()
