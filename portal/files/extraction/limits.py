"""How much a file may cost: the figures, and the limits the reading process puts on itself."""

import resource

MEGABYTE = 1024 * 1024

MAX_FILE = 200 * MEGABYTE
MAX_CHARACTERS = 5_000_000
MAX_UNPACKED = 200 * MEGABYTE  # all the parts read from one zip archive
MAX_MEMBERS = 20_000
MAX_XML_DEPTH = 2_000
MAX_ASN1_DEPTH = 64
MAX_MIME_DEPTH = 50  # a certified mail (PEC) adds three levels each time it is forwarded
MAX_NESTING = 5  # files inside files: attachments, signatures around signatures
MAX_WORD_XML = 12 * MEGABYTE  # of a document that becomes a page: its parsers build trees
MAX_PICTURES = 60
MAX_PICTURE_BYTES = 20 * MEGABYTE
MAX_PICTURE_PIXELS = 25_000_000
MAX_PICTURES_BYTES = 10 * MEGABYTE  # of all that are kept, as they are kept
MAX_OUTPUT = 4 * MAX_CHARACTERS + 2 * MEGABYTE  # four bytes a character at worst

WALL_SECONDS = 40.0  # twice the processor time, for a busy machine
CPU_SECONDS = 20
MEMORY = 1536 * MEGABYTE
OPEN_FILES = 64


def restrain() -> None:
    """Limit the present process for good: no way back, so only for the reading process."""
    # The soft processor limit kills with SIGXCPU, which tells the parent "slow" from "crashed".
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    for kind, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),  # no child, no thread
    ):
        resource.setrlimit(kind, (value, value))
