"""PDFs whose owner's password is the empty one: they open without any, but PDFium tries it as the reader's alone.

The key of such a file is found with the owner's password, and the reader's entries are written anew for the empty
one (ISO 32000-2, 7.6.4): in place, so that nothing else in the file moves.
"""

import re
from hashlib import sha256, sha384, sha512

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VERSION = re.compile(rb"/R\s+([56])\b")
NO_SALT = b"raccordo"  # eight octets: the reader's password is empty anyway


def opened(data: bytes) -> bytes | None:
    """The same file, opening for readers without a password; None where the owner's is not empty or not as expected."""
    owner, user, owner_key, user_key = (_entry(data, name) for name in (b"O", b"U", b"OE", b"UE"))
    if not (owner and user and owner_key and user_key):
        return None
    version = VERSION.search(data, max(owner.start() - 2000, 0), owner.start() + 4000)
    o, u = bytes.fromhex(owner[2].decode()), bytes.fromhex(user[2].decode())
    if version is None or len(o) != 48 or len(u) != 48:
        return None
    hashed = _hash_6 if version[1] == b"6" else _hash_5
    if hashed(o[32:40], u) != o[:32]:
        return None
    key = _aes(hashed(o[40:48], u)).decryptor().update(bytes.fromhex(owner_key[2].decode()))
    new_key = _aes(hashed(NO_SALT, b"")).encryptor().update(key)
    made = bytearray(data)
    made[user.start(2) : user.end(2)] = (hashed(NO_SALT, b"") + NO_SALT + NO_SALT).hex().encode()
    made[user_key.start(2) : user_key.end(2)] = new_key.hex().encode()
    return bytes(made)


def _entry(data: bytes, name: bytes) -> re.Match[bytes] | None:
    """An entry of the encryption, written as it mostly is: hexadecimal, of 48 octets or of 32."""
    octets = 32 if name.endswith(b"E") else 48
    return re.search(rb"/(" + name + rb")\s*<([0-9a-fA-F]{%d})>" % (2 * octets), data)


def _hash_5(salt: bytes, user: bytes) -> bytes:
    return sha256(salt + user).digest()


def _hash_6(salt: bytes, user: bytes) -> bytes:
    """Algorithm 2.B for the empty password."""
    key, turn = sha256(salt + user).digest(), 0
    while True:
        mixed = _aes(key[:16], key[16:32]).encryptor().update((key + user) * 64)
        key = (sha256, sha384, sha512)[sum(mixed[:16]) % 3](mixed).digest()
        turn += 1
        if turn >= 64 and mixed[-1] <= turn - 32:
            return key[:32]


def _aes(key: bytes, vector: bytes = bytes(16)) -> "Cipher[modes.CBC]":
    return Cipher(algorithms.AES(key), modes.CBC(vector))
