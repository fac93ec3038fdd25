"""How people learn it: paths, modules, lessons, and how far each person is."""

from .paths import LessonPage, ModulePage, PathPage
from .progress import LessonDone

__all__ = ["LessonDone", "LessonPage", "ModulePage", "PathPage"]
