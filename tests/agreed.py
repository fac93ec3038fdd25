"""A new edition of a protocol that bodies sign, put in force as they do it: reviewed, and signed by each delegate."""

from typing import Any

from portal.models import Delegation, User
from portal.models.delegations import Purpose
from protocols import joint_approval
from protocols.models import JointApproval


def put_in_force(page: Any, by: User | None = None) -> JointApproval:
    """`by` proposes it; every body says yes by its delegate, or by who stands in where the delegate proposed it."""
    joint = joint_approval.open_for(page.save_revision(user=by), by, None)
    for body in joint.bodies.all():
        delegation = Delegation.objects.current().filter(organisation=body, purpose=Purpose.APPROVAL).first()
        assert delegation is not None, body
        joint_approval.sign(joint, [body], by=User.objects.get(pk=delegation.person_id), agrees=True)
    joint.refresh_from_db()
    return joint
