"""What the nine Comuni's regulations say of four services: with what held before, what comes, and one not written."""

from decimal import Decimal
from typing import Any

from portal.demo import day, moment, person, space
from portal.models import Organisation

from . import regulations
from .models import BodyRule, RegulatedService, RuleConfirmation


def load(content: dict[str, Any]) -> None:
    services, bodies = {}, {body.slug: body for body in Organisation.objects.all()}
    for entry in content["services"]:
        service = RegulatedService.objects.create(space=space("SP-RETE"), **entry)
        services[service.slug] = service
    for entry in sorted(content["rules"], key=lambda entry: int(entry["valid_from"])):
        author = person(entry["by"])
        row = BodyRule.objects.create(
            service=services[entry["service"]], organisation=bodies[entry["body"]], by=author,
            offered=entry.get("offered", True), threshold=entry.get("threshold"),
            threshold_words=entry.get("threshold_words", ""), fee=Decimal(entry["fee"]) if "fee" in entry else None,
            fee_words=entry.get("fee_words", ""), documents="\n".join(entry.get("documents", [])),
            way=entry.get("way", ""), act=entry["act"], act_date=day(entry["act_day"]),
            valid_from=day(entry["valid_from"]), at=moment(min(entry["valid_from"], entry["act_day"] + 1), 9),
        )  # fmt: skip
        if "confirmed" in entry:
            RuleConfirmation.objects.create(rule=row, by=author, at=moment(entry["confirmed"], 10))
    regulations.remind()
