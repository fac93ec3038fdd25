"""From the loose encoding of ASN.1 (BER) to the strict one (DER).

Signing programs that stream write indefinite lengths and octet strings in pieces. asn1crypto reads them in
quadratic time (80 MB do not end), and needs them joined anyhow.
"""

from .limits import MAX_ASN1_DEPTH

CONSTRUCTED = 0x20
OCTETS_IN_PIECES = 0x24
OCTETS = b"\x04"
END_OF_CONTENTS = b"\x00\x00"


def to_der(data: bytes) -> bytes:
    """The first element of `data`. What is already strict is copied untouched, since signatures depend on it."""
    return bytes(_element(memoryview(data), 0, 0)[0])


def _element(view: memoryview, start: int, depth: int) -> tuple[memoryview, int]:
    """The element that starts here, and where the next one does."""
    if depth > MAX_ASN1_DEPTH:
        raise ValueError("ASN.1 is nested too deep.")
    after_tag = _after_tag(view, start)
    length, body = _length(view, after_tag)
    if not view[start] & CONSTRUCTED:
        if length is None or body + length > len(view):
            raise ValueError("ASN.1 element without an end.")
        return view[start : body + length], body + length
    children, end = _children(view, body, length, depth)
    if view[start] == OCTETS_IN_PIECES:
        return _joined(OCTETS, [_contents(child) for child in children]), end
    if length is not None and all(child.obj is view.obj for child in children):
        return view[start:end], end  # nothing inside was rewritten
    return _joined(bytes(view[start:after_tag]), children), end


def _children(view: memoryview, position: int, length: int | None, depth: int) -> tuple[list[memoryview], int]:
    end = len(view) if length is None else position + length
    if end > len(view):
        raise ValueError("ASN.1 element without an end.")
    children: list[memoryview] = []
    while position < end:
        if length is None and view[position : position + 2] == END_OF_CONTENTS:
            return children, position + 2
        child, position = _element(view, position, depth + 1)
        children.append(child)
    if length is None or position != end:
        raise ValueError("ASN.1 element without an end.")
    return children, end


def _after_tag(view: memoryview, position: int) -> int:
    if view[position] & 0x1F == 0x1F:  # long form: goes on as long as the high bit is set
        position += 1
        while view[position] & 0x80:
            position += 1
    return position + 1


def _length(view: memoryview, position: int) -> tuple[int | None, int]:
    """The length (None: indefinite) and where the contents start."""
    first = view[position]
    if first < 0x80:
        return first, position + 1
    if first == 0x80:
        return None, position + 1
    size = first & 0x7F
    return int.from_bytes(view[position + 1 : position + 1 + size], "big"), position + 1 + size


def _contents(element: memoryview) -> memoryview:
    return element[_length(element, _after_tag(element, 0))[1] :]


def _joined(tag: bytes, pieces: list[memoryview]) -> memoryview:
    size = sum(map(len, pieces))
    if size < 0x80:
        return memoryview(b"".join([tag, bytes([size]), *pieces]))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return memoryview(b"".join([tag, bytes([0x80 | len(octets)]), octets, *pieces]))
