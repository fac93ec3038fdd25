"""What several processes count together, wrong passwords above all: a file each, the oldest of which go first.

Django's own forgets files at random when there are many: whoever invents names would be forgotten among them.
"""

import os
from contextlib import suppress
from glob import glob

from django.core.cache.backends.filebased import FileBasedCache


class Counters(FileBasedCache):
    _dir: str

    def _cull(self) -> None:
        files = glob(os.path.join(self._dir, f"*{self.cache_suffix}"))
        if len(files) >= self._max_entries:
            for file in sorted(files, key=_written_at)[: len(files) // self._cull_frequency]:
                with suppress(FileNotFoundError):  # another process has taken it away
                    os.remove(file)


def _written_at(file: str) -> float:
    with suppress(FileNotFoundError):
        return os.stat(file).st_mtime
    return 0
