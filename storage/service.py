"""Devices out of service and back, and for good: with what it means for their configurations.

OpenWISP's order (control.md §3.5, §1.6): a deactivated device is sent the empty configuration once,
and is gone when it has come for it.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from storage import assigning, configs, configstatus, devices, metrics, revisions, states
from storage.configstatus import Event, Status
from storage.core import CONFIG
from storage.errors import RuleError
from storage.tables import Config, Device


def deactivate(session: Session, device_id: UUID) -> bool:
    """Take it out of service. False when it already was.

    Its templates go and its own part sleeps, so that the empty configuration is what it should
    have; the management address is kept until the device has got that.
    """
    device = devices.get(session, device_id)
    if device.is_deactivated:
        return False
    device.is_deactivated = True
    config = configs.find(session, device_id)
    if config is None or _empty(session, config):
        device.management_ip = None
    session.flush()
    _judge_anew(session, device_id)
    revisions.touch(session, revisions.DEVICES, revisions.CONFIGS)
    return True


def _judge_anew(session: Session, device_id: UUID) -> None:
    """Back in service its status is unknown (operations.md §1.6): what was judged before is over,
    and with its flags left no alert would open of what is still wrong."""
    metrics.reset(session, [device_id])
    states.forget_status(session, device_id)


def activate(session: Session, device_id: UUID) -> bool:
    """Put it back into service: with its own part, and the templates that it gets by default and
    from its group; OpenWISP would have forgotten the first.

    False when it already was.
    """
    device = devices.get(session, device_id)
    if not device.is_deactivated:
        return False
    device.is_deactivated = False
    _judge_anew(session, device_id)
    config = configs.find(session, device_id)
    if config is not None:
        before = Status(config.status)
        config.status = Status.MODIFIED  # in service: it may have templates again
        session.flush()
        assigning.fill(session, config, device)
        has_templates = bool(assigning.of_config(session, config.id))
        bare = before is Status.DEACTIVATED and not (config.own or has_templates)
        event = Event.ACTIVATED_EMPTY if bare else Event.ACTIVATED
        config.status = configstatus.after(before, event)
        assigning.mark(session, select(CONFIG.c.id).where(CONFIG.c.id == config.id))
    session.flush()
    revisions.touch(session, revisions.DEVICES, revisions.CONFIGS)
    return True


def may_go(device: Device, config: Config | None) -> bool:
    """Whether a device may be removed: fully out of service, its configuration included."""
    gone = config is None or config.status == Status.DEACTIVATED
    return device.is_deactivated and gone


def remove(session: Session, device_id: UUID, *, force: bool = False) -> None:
    """Remove a device with all that is known of it; jobs and audit keep its name.

    Raises RuleError unless it is fully deactivated or `force` is given.
    """
    device = devices.get(session, device_id)
    if not (force or may_go(device, configs.find(session, device_id))):
        waiting = device.is_deactivated
        raise RuleError(
            "The device must be deactivated prior to deletion.",
            f"{device.name} has not got the empty configuration yet; force it if it is gone."
            if waiting
            else f"Deactivate {device.name} first, or force it for one that is gone for good.",
        )
    session.delete(device)
    session.flush()
    revisions.touch(
        session, revisions.DEVICES, revisions.STATES, revisions.HOST_KEYS, revisions.CONFIGS
    )


def _empty(session: Session, config: Config) -> bool:
    """Take everything out of a configuration; whether there was nothing in it."""
    had_templates = assigning.clear(session, config)
    nothing = not (config.own or had_templates)
    event = Event.DEACTIVATED_EMPTY if nothing else Event.DEACTIVATED
    config.status = configstatus.after(Status(config.status), event)
    config.generation += 1
    session.flush()
    assigning.mark(session, select(CONFIG.c.id).where(CONFIG.c.id == config.id))
    return nothing
