"""What a push has promised to put on a device, sealed with its job until that ends.

`look` makes it; later steps and later lives push, confirm and record just that. A template that is
edited meanwhile changes what the device should have next, not what this job is about.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs import archive
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.model import Rendered
from storage import job_secrets
from storage.secrets import Secret, Vault


def make(session: Session, vault: Vault, job_id: UUID, aim: Aim) -> str:
    """Seal the promise; the id is what the job's memo may carry."""
    assert aim.rendered is not None
    told = {
        "archive": base64.b64encode(aim.rendered.archive).decode(),
        "checksum": aim.rendered.checksum,
        "source": aim.source,
        "generation": aim.generation,
    }
    return str(job_secrets.put(session, vault, Secret(json.dumps(told)), job_id))


def keep(session: Session, vault: Vault, id_: str, aim: Aim) -> Aim:
    """The aim with what was promised in the place of what would be rendered now.

    Raises MissingError when the job has ended.
    """
    told = json.loads(job_secrets.take(session, vault, UUID(id_)).reveal())
    packed = base64.b64decode(told["archive"])
    rendered = Rendered(archive.unpack(packed), packed, told["checksum"])
    return replace(
        aim,
        rendered=rendered,
        refusal="",
        source=told["source"],
        generation=told["generation"],
    )
