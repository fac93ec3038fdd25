"""Ground models, by noun."""

from .activity import Activity
from .digests import Delivery, DigestPreference
from .glossary import Term
from .jobs import Job
from .media import Document, Image, Rendition
from .network import NetworkProfile, ProblemReport
from .old_addresses import OldAddress
from .pages import FaqPage, HomePage, NewsPage, PortalPage, SpacePage, TextPage
from .people import Organisation, User
from .schedule import ScheduleFailure
from .spaces import Membership, PageGroupGrant, PageShare, PageUserGrant, Role, RoleGroup, Space, SpaceGroupPermission
from .workflow import ApprovalState, ApprovalTask

__all__ = [
    "OldAddress",
    "Activity",
    "ApprovalState",
    "ApprovalTask",
    "Delivery",
    "DigestPreference",
    "Document",
    "FaqPage",
    "HomePage",
    "Image",
    "Job",
    "Membership",
    "NetworkProfile",
    "NewsPage",
    "Organisation",
    "PageGroupGrant",
    "PageShare",
    "PageUserGrant",
    "PortalPage",
    "ProblemReport",
    "Rendition",
    "Role",
    "RoleGroup",
    "ScheduleFailure",
    "Space",
    "SpaceGroupPermission",
    "SpacePage",
    "Term",
    "TextPage",
    "User",
]
