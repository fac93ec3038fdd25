"""A bare loop that renders and sends: a mail for each person, of words that are there already."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string


def send(server: str, people: int, changes: int) -> None:
    """Nothing is asked of the database, no right decided, no row written; one connection for all."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.split(":")[0], int(server.split(":")[1])
    rows = [
        {"title": f"Pagina di prova {number}", "url": f"/pagina-{number}/", "sentence": "Cambia l’orario.",
         "why": "Perché leggi «Rete dei servizi sociali»."} for number in range(changes)
    ]  # fmt: skip
    with get_connection() as connection:
        for number in range(people):
            words = {"name": f"Persona {number}", "changes": rows}
            mail = EmailMultiAlternatives(
                f"{changes} novità", render_to_string("bare/mail.txt", words), to=[f"persona{number}@rete.example"],
                connection=connection,
            )  # fmt: skip
            mail.attach_alternative(render_to_string("bare/mail.html", words), "text/html")
            mail.send()
