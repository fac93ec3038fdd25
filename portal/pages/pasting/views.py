"""The editor sends what was pasted, and gets back blocks, text and a sentence."""

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from . import answer
from .reading import read

LONGEST = 1_000_000  # letters; pictures are left out before sending
MOST_TAGS = 30_000  # a hundred pages of Word; small tags cost more than letters, and one request must not hold the site


@require_POST
def pasted(request: HttpRequest) -> JsonResponse:
    """`dove`: «testo» where the cursor stands in a text, «righe» in a plain field, else a whole page."""
    html, where = request.POST.get("html", ""), request.POST.get("dove", "")
    if len(html) > LONGEST or html.count("<") > MOST_TAGS:
        said = _("È troppo lungo per incollarlo in una volta: incollane una parte alla volta.")
        return JsonResponse({"sentence": said}, status=413)
    found = read(html)
    if where == "righe":
        return JsonResponse({"lines": answer.lines(found), "sentence": answer.sentence(found, plain_field=True)})
    sentence = answer.sentence(found)
    lead = answer.lead(found) if where == "testo" else ""
    return JsonResponse({"lead": lead, "blocks": answer.blocks(found), "sentence": sentence})
