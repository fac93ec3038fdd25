"""Files in a signed envelope (.p7m, CAdES): the content, and whether it is the one that was signed."""

import base64
import hashlib
import re
from datetime import datetime

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .ber import to_der
from .problems import DETACHED, UNKNOWN, Unreadable
from .results import Signature
from .text import clean

ARMOUR = re.compile(rb"-----[A-Z0-9# ]+-----")
SET = b"\x31"
# SHA-1 only because acts signed before 2011 still have to be read.
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def open_envelope(data: bytes) -> tuple[bytes, list[Signature]]:
    """The content and one signature for each signer. Raises ValueError or its kin on malformed input."""
    envelope = cms.ContentInfo.load(to_der(_binary(data)))
    if envelope["content_type"].native != "signed_data":
        raise Unreadable(UNKNOWN)
    signed = envelope["content"]
    content = signed["encap_content_info"]["content"].contents
    if not content:
        raise Unreadable(DETACHED)
    certificates = [choice.chosen for choice in signed["certificates"] if isinstance(choice.chosen, x509.Certificate)]
    return content, [_signature(signer, certificates, content) for signer in signed["signer_infos"]]


def _binary(data: bytes) -> bytes:
    if data[:1] == b"\x30":
        return data
    return base64.b64decode(ARMOUR.sub(b"", data))


def _signature(signer: cms.SignerInfo, certificates: list[x509.Certificate], content: bytes) -> Signature:
    certificate = next((each for each in certificates if _is_of(each, signer["sid"])), None)
    if certificate is None:
        return Signature("", False)
    intact = _is_intact(signer, certificate, content)
    return Signature(_common_name(certificate), intact, at=_stated_time(signer["signed_attrs"]))


def _stated_time(attributes: cms.CMSAttributes) -> str:
    """When it was signed, where the signer's machine says so exactly once, and as a time."""
    try:
        stated = [each["values"][0].native for each in attributes if each["type"].native == "signing_time"]
    except ValueError:
        return ""
    return stated[0].isoformat() if len(stated) == 1 and isinstance(stated[0], datetime) else ""


def _is_of(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "subject_key_identifier":
        return certificate.key_identifier == sid.chosen.native
    return (
        certificate.serial_number == sid.chosen["serial_number"].native and certificate.issuer == sid.chosen["issuer"]
    )


def _common_name(certificate: x509.Certificate) -> str:
    name = certificate.subject.native.get("common_name", "")
    return clean(" ".join(name if isinstance(name, list) else [name]))[:200]


def _is_intact(signer: cms.SignerInfo, certificate: x509.Certificate, content: bytes) -> bool:
    """The digest in the signed attributes is that of the content, and the key of the signer signed those."""
    algorithm = signer["digest_algorithm"]["algorithm"].native
    if algorithm not in HASHES:
        return False
    attributes = signer["signed_attrs"]
    message = content
    if len(attributes):
        if _stated_digest(attributes) != hashlib.new(algorithm, content).digest():
            return False
        # Signed as a SET, transmitted with a tag of its own (RFC 5652, 5.4).
        message = SET + attributes.dump()[1:]
    return _is_signed(signer, certificate, message, algorithm)


def _stated_digest(attributes: cms.CMSAttributes) -> bytes:
    stated = [each["values"][0].native for each in attributes if each["type"].native == "message_digest"]
    return stated[0] if len(stated) == 1 else b""


def _is_signed(signer: cms.SignerInfo, certificate: x509.Certificate, message: bytes, digest: str) -> bool:
    method = signer["signature_algorithm"]
    signature = signer["signature"].native
    try:
        key = load_der_public_key(certificate.public_key.dump())
        algorithm = HASHES[_hash_name(method, digest)]()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, _padding(method, algorithm), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, KeyError):
        return False
    return True


def _hash_name(method: cms.SignedDigestAlgorithm, digest: str) -> str:
    """The hash signed with: many programs name the key alone, and mean the digest algorithm."""
    try:
        return method.hash_algo
    except ValueError:
        return digest


def _padding(method: cms.SignedDigestAlgorithm, algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if method["algorithm"].native == "rsassa_pss":
        return padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
    return padding.PKCS1v15()
