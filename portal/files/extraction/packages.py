"""The parts of an Office file since 2007: which there are, of what kind, and what one refers to.

Their names are a custom that not every program keeps: what a part is, the file itself says, in a part that lists
the content types, and in others that hold the relations.
"""

import posixpath
import re
from collections.abc import Mapping

from .archive import Archive
from .markup import Xml

TYPES = "[content_types].xml"
# The end of a content type, without what differs between documents, templates and those with macros.
KINDS = {
    "docx": re.compile(r"wordprocessingml\.(?:document|template)\.main|ms-word\.\w+\.macroenabled\w*\.main"),
    "xlsx": re.compile(r"spreadsheetml\.(?:sheet|template)\.main|ms-excel\.\w+\.macroenabled\w*\.main"),
    "pptx": re.compile(r"presentationml\.(?:presentation|slideshow|template)\.main|ms-powerpoint\.\w+\.macro.*main"),
}


class Package:
    """An archive with its list of content types."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._types = _Types()
        if TYPES in archive.names:
            self._types.feed(archive.stream(TYPES))

    def kind(self) -> str:
        """Document, sheet or presentation, by what the list calls its main part; "" where it says nothing."""
        listed = self._types.of_part.values()
        return next((kind for kind, main in KINDS.items() if any(map(main.search, listed))), "")

    def parts(self, kind: str, name: str) -> list[str]:
        """The parts of a kind, by the list or by their usual name; slide 2 before slide 10."""
        by_type, by_name = re.compile(kind), re.compile(name)
        found = {part for part, listed in self._types.of_part.items() if by_type.search(listed)} & self.archive.names
        found |= {part for part in self.archive.names if by_name.fullmatch(part)}
        return sorted(found, key=lambda part: (len(part), part))

    def related(self, part: str) -> dict[str, str]:
        """What the part refers to: the name of the relation → the other part's."""
        folder, name = posixpath.split(part)
        relations = f"{folder}/_rels/{name}.rels".lstrip("/")
        if relations not in self.archive.names:
            return {}
        found = _Relations()
        found.feed(self.archive.stream(relations))
        return {name: _absolute(folder, target) for name, target in found.targets.items()}


class _Types(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.of_part: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Override":
            part = attributes.get("PartName", "").replace("\\", "/").lstrip("/").lower()
            self.of_part[part] = attributes.get("ContentType", "").lower()


class _Relations(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


def _absolute(folder: str, target: str) -> str:
    target = target.replace("\\", "/")
    return posixpath.normpath(target if target.startswith("/") else f"/{folder}/{target}").lstrip("/").lower()
