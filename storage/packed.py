"""Sealed JSON: what tables of configurations hold in their column `sealed`.

Compressed before it is sealed: a thousand devices keep fifty generations each.
"""

from __future__ import annotations

import json
import zlib
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlmodel import Session

from storage.errors import SealError
from storage.secrets import Open, Seal, Vault


class Box:
    """Packs and unpacks values within one session; the vault's key is looked up once."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self.vault = vault

    def pack(self, table: str, row_id: UUID, value: Any) -> bytes:
        """Seal a JSON value for the row of a table; the order of its keys is kept."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return self._seal(zlib.compress(text.encode()), f"{table}:{row_id}")

    def unpack(self, table: str, row_id: UUID, sealed: bytes) -> Any:
        """The value again. Raises SealError."""
        about = f"{table}:{row_id}"
        try:
            return json.loads(zlib.decompress(self._open(sealed, about)))
        except (zlib.error, ValueError) as error:
            raise SealError(f"The sealed value of {about} has an unknown format.") from error

    def pack_bytes(self, table: str, row_id: UUID, content: bytes) -> bytes:
        """Seal bytes as they are: archives and files."""
        return self._seal(content, f"{table}:{row_id}")

    def unpack_bytes(self, table: str, row_id: UUID, sealed: bytes) -> bytes:
        """The bytes again. Raises SealError."""
        return self._open(sealed, f"{table}:{row_id}")

    @cached_property
    def _seal(self) -> Seal:
        return self.vault.sealer(self._session)

    @cached_property
    def _open(self) -> Open:
        return self.vault.opener(self._session)
