"""The reading process: a file on standard input, JSON on standard output. Knows nothing of Django or the portal.

Run by its path with `python -I`, which leaves out environment, current directory and user packages.
"""

import json
import os
import sys
from typing import Any

# Last, so that nothing in the project can stand before a library.
sys.path.append(os.path.abspath(os.path.join(__file__, *[os.pardir] * 4)))

from portal.files.extraction import beside, confinement, formats, limits  # noqa: E402
from portal.files.extraction.problems import Unreadable, faults_named  # noqa: E402
from portal.files.extraction.results import CONTENT, WORD, Signature  # noqa: E402


def examine(data: bytes, filename: str) -> dict[str, Any]:
    """The answer for the parent. What was found before a problem (format, signatures) is kept."""
    kind = problem = aside = ""
    pages: list[str] = []
    signatures: list[Signature] = []
    try:
        with faults_named():
            kind = formats.detect(data, filename)
            if kind == "p7m":
                data, filename, signatures = formats.unwrap(data, filename)
                kind = formats.detect(data, filename)
        aside = beside.found(kind, data)
        pages = formats.read(kind, data)
    except Unreadable as error:
        problem, aside = error.reason, f"{aside}\n{error.read}".strip()
    return {
        "kind": kind,
        "pages": pages,
        "problem": problem,
        "beside": aside,
        "warning": getattr(pages, "warning", ""),
        "signatures": [(signature.signer, signature.is_intact, signature.at) for signature in signatures],
    }


def _word(data: bytes, filename: str) -> dict[str, Any]:
    from portal.files.extraction import word  # its library alone takes as long as a whole reading

    return word.opened(data, filename)


def _content(data: bytes, filename: str) -> bytes:
    """The file inside its envelopes, with a byte before it that says that there is one; else the problem."""
    try:
        with faults_named():
            return b"1" + formats.unwrap(data, filename)[0]
    except Unreadable as error:
        return b"0" + error.reason.encode()


def main() -> None:
    limits.restrain()
    lacking = confinement.confine()
    data, filename, task = sys.stdin.buffer.read(), sys.argv[1], sys.argv[2]
    if task == CONTENT:
        sys.stdout.buffer.write(_content(data, filename))
        return
    answer = {**(_word(data, filename) if task == WORD else examine(data, filename)), "lacking": lacking}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())


if __name__ == "__main__":
    main()
