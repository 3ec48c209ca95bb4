"""Ciphertexts and keys as they were before keys were stored, written out here: what was stored stays readable."""

import os
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.providers.local import LocalKeyring


def derived(schema: str, purpose: str) -> bytes:
    info = f"resimate|{purpose}|{schema}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(settings.ENCRYPTION_KEY)


def encrypt(plain: str, *, schema: str, place: str) -> bytes:
    nonce = os.urandom(12)
    sealed = AESGCM(derived(schema, "field")).encrypt(nonce, plain.encode(), f"{schema}|{place}".encode())
    return b"\x01" + nonce + sealed


def adopt(schema: str, *, now: datetime) -> DataKey:
    """Store the derived key of a tenant as version 0, as the migration does; from the public schema."""
    keyring = LocalKeyring(settings.ENCRYPTION_KEY)
    key = DataKey(tenant=schema, purpose="field", version=0, state="decrypt-only", created_at=now, retired_at=now)
    key.provider, key.wrapped = keyring.name, keyring.wrap(derived(schema, "field"), key.place)
    key.save(force_insert=True)
    KEYRING.forget(schema)
    return key
