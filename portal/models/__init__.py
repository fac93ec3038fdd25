"""Ground models, by noun.

Here are the rows of which `access` asks. Those that ask `access` themselves stand beside them and are read after them
(`PortalConfig.import_models`): the kinds of page in `pages`, their approval in `workflow`, `old_addresses`.
"""

from .acknowledgements import Acknowledgement, AcknowledgementNote, ReadingReminder, ReadingRequest, SignableText
from .activity import Activity
from .append_only import Maintenance
from .bin import BinnedThing
from .coordinators import NetworkCoordinator
from .delegations import Delegation
from .digests import Delivery, DigestPreference
from .exports import SpaceExport
from .file_versions import FileVersion, ProposedFile
from .glossary import Term
from .invitations import Invitation
from .jobs import Job
from .kept import KeptVersion
from .media import Document, Image, Rendition
from .name_proposals import NameProposal
from .network import NetworkProfile, ProblemReport
from .obligations import Obligation
from .outsiders import OutsiderLink, OutsiderVisit
from .people import Organ, Organisation, User
from .personal_data import PersonalDataReason, PersonalDataReport
from .replacements import Replacement
from .reviews import PageReview, ReviewNotice
from .schedule import ScheduleFailure
from .spaces import Membership, PageGroupGrant, PageShare, PageUserGrant, Role, RoleGroup, Space, SpaceGroupPermission
from .unfinished import UnfinishedWords
from .uploaded_documents import UploadedDocument, UploadedPicture, WordUpload
from .vocabulary import Holiday, Position, Profession
from .working_life import Absence, Placement

__all__ = [
    "Absence",
    "Acknowledgement",
    "AcknowledgementNote",
    "Activity",
    "BinnedThing",
    "Delegation",
    "Delivery",
    "DigestPreference",
    "Document",
    "FileVersion",
    "Holiday",
    "Image",
    "Invitation",
    "Job",
    "KeptVersion",
    "Maintenance",
    "Membership",
    "NameProposal",
    "NetworkCoordinator",
    "NetworkProfile",
    "Obligation",
    "Organ",
    "Organisation",
    "OutsiderLink",
    "OutsiderVisit",
    "PageGroupGrant",
    "PageReview",
    "PageShare",
    "PageUserGrant",
    "PersonalDataReason",
    "PersonalDataReport",
    "Placement",
    "Position",
    "ProblemReport",
    "Profession",
    "ProposedFile",
    "ReadingReminder",
    "ReadingRequest",
    "Rendition",
    "Replacement",
    "ReviewNotice",
    "Role",
    "RoleGroup",
    "ScheduleFailure",
    "SignableText",
    "Space",
    "SpaceExport",
    "SpaceGroupPermission",
    "Term",
    "UnfinishedWords",
    "UploadedDocument",
    "UploadedPicture",
    "User",
    "WordUpload",
]
