"""A protocol of the demo that waits for two of its three bodies: proposed, reviewed and signed as people do it."""

from typing import Any

from django.utils.text import slugify

from portal.demo import body_of, day, moment, person, space
from portal.models import Organisation
from portal.models.append_only import as_maintenance
from portal.pages import approval, concurrent_edits

from . import joint_approval, places, remarks
from .models import Deed, Discussion, JointApproval, ProtocolPage, Remark, RemarkAct, Signature


def load(entry: dict[str, Any], related: list[Any]) -> None:
    author, reviewer = person(entry["responsible"]), person("paolo.vannini")
    page = ProtocolPage(
        title=entry["title"], slug=slugify(entry["code"]), code=entry["code"], summary=entry["summary"], live=False,
        valid_from=day(entry["valid_from"]), valid_until=day(entry["valid_until"]), review_date=day(entry["review"]),
        responsible=author, in_brief=[("line", line) for line in entry["in_brief"]], body=body_of(entry["sections"]),
        norm=entry["norm"], change_note=entry["change_note"],
    )  # fmt: skip
    page.signatories = list(Organisation.objects.filter(slug__in=entry["signatories"]))
    page.related = related
    space(entry["space"]).root_page.add_child(instance=page)
    page.save_revision(user=author)
    page.get_workflow().start(page, author)
    state = page.current_workflow_task_state.specific
    seen = concurrent_edits.mark(approval.proposed(state))
    approval.approve(state, by=reviewer, seen=seen)
    joint = JointApproval.objects.get(page=page.pk)
    JointApproval.objects.filter(pk=joint.pk).update(opened_at=moment(entry["reviewed"]), due=day(entry["due"]))
    joint.refresh_from_db()
    for body, on in entry["signed"]:
        joint_approval.sign(joint, [Organisation.objects.get(slug=body)], by=reviewer, agrees=True)
        with as_maintenance("the past of the demo"):
            Signature._base_manager.filter(approval=joint, organisation__slug=body).update(at=moment(on, 12))
    _discuss(joint, entry)


def _discuss(joint: JointApproval, entry: dict[str, Any]) -> None:
    """What the delegates say of it, and what its author answers."""
    discussion = Discussion.objects.get(page=joint.page_id)
    parts = {place.heading: place for place in places.of(joint.revision.as_object()).values()}
    for said in entry["remarks"]:
        place, body = parts[said["section"]], Organisation.objects.get(slug=said["body"])
        wording = {"text": place.text, "rows": said["rows"]} if "rows" in said else None
        row = remarks.say(discussion, place, by=person(said["by"]), body=body, comment=said["comment"], wording=wording)
        if "answer" in said:
            remarks.act(row, Deed.ANSWERED, by=person(entry["responsible"]), words=said["answer"])
            remarks.heard(row, person(said["by"]))
        with as_maintenance("the past of the demo"):
            Remark._base_manager.filter(pk=row.pk).update(at=moment(said["on"], 10))
            RemarkAct._base_manager.filter(remark=row).update(at=moment(said.get("answered", said["on"]), 15))
    Discussion.objects.filter(pk=discussion.pk).update(opened_at=moment(entry["proposed"]))
