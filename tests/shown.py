"""A page as a browser joins its lines: what stands in a template on two lines is one sentence."""

import re
from typing import Any

BLOCKS = "body|caption|dd|div|dl|dt|form|h[1-6]|li|main|nav|ol|option|p|section|table|tbody|td|th|thead|tr|ul"
EDGE = re.compile(rf" ?(</?(?:{BLOCKS})(?: [^<>]*)?>) ?")


def body(response: Any) -> str:
    """The HTML of a page, a break no more than a gap, and no gap at the edge of a block."""
    return EDGE.sub(r"\1", re.sub(r"\s+", " ", response.content.decode()).replace(" >", ">"))
