"""A key to sign service account tokens with, made without any cryptography library."""

import base64
import os

# RFC 5915, ECPrivateKey { version 1, privateKey, parameters P-256 }. The public key is optional: Go computes it.
_BEFORE = bytes.fromhex("30310201010420")
_AFTER = bytes.fromhex("a00a06082a8648ce3d030107")
_SCALAR_BYTES = 32


def signing_key(random: bytes | None = None) -> str:
    """A P-256 key in PEM. The first bit is cleared, so that the number is below the order of the curve."""
    scalar = bytearray(random or os.urandom(_SCALAR_BYTES))
    scalar[0] &= 0x7F
    text = base64.encodebytes(_BEFORE + bytes(scalar) + _AFTER).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{text}-----END EC PRIVATE KEY-----\n"
