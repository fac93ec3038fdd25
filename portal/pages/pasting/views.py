"""The editor sends what was pasted, and gets back blocks, text and a sentence."""

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from . import answer
from .reading import is_too_long, read


@require_POST
def pasted(request: HttpRequest) -> JsonResponse:
    """`dove`: «testo» where the cursor stands in a text, «righe» in a plain field, else a whole page."""
    html, where = request.POST.get("html", ""), request.POST.get("dove", "")
    if is_too_long(html):
        said = _("È troppo lungo per incollarlo in una volta: incollane una parte alla volta.")
        return JsonResponse({"sentence": said}, status=413)
    found = read(html)
    if where == "righe":
        return JsonResponse({"lines": answer.lines(found), "sentence": answer.sentence(found, plain_field=True)})
    sentence = answer.sentence(found)
    lead = answer.lead(found) if where == "testo" else ""
    return JsonResponse({"lead": lead, "blocks": answer.blocks(found), "sentence": sentence})
