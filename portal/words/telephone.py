"""A telephone number as people write it; what becomes a link to be dialled must be one."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# «0573 000 101», «+39 0573/000.101», «(0573) 000101 int. 3», «112».
NUMBER = r"\+?\(?\d[\d ./()-]*\d( (int\.|interno) ?\d+)?"

valid_telephone = RegexValidator(
    rf"^{NUMBER}$", _("Scrivi un numero di telefono, per esempio 0573 000 101: un numero solo, senza parole.")
)

# A service may have several: «0573 000 118; linea di riserva 0573 000 119».
ONE = rf"([^\W\d][^\d;,:=@<>]* )?{NUMBER}"

valid_telephones = RegexValidator(
    rf"^{ONE}([;,] ?{ONE})*$",
    _("Scrivi un numero di telefono, per esempio 0573 000 101; se sono più d’uno, separali con un punto e virgola."),
)
