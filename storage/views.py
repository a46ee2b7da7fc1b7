"""Saved views: a filter with a name, columns and an order, for each screen."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session

from storage import revisions, rules
from storage.core import SAVED_VIEW
from storage.errors import MissingError, RuleError
from storage.tables import SavedView

NAME_LENGTH = 60


def rows(session: Session, screen: str = "fleet") -> list[SavedView]:
    """The views of a screen, by name."""
    query = select(SavedView).where(SAVED_VIEW.c.screen == screen).order_by(SAVED_VIEW.c.name)
    return list(session.scalars(query))


def get(session: Session, name: str, screen: str = "fleet") -> SavedView:
    """By name. Raises MissingError."""
    for view in rows(session, screen):
        if view.name == name:
            return view
    raise MissingError(f"There is no view {name}.")


def save(
    session: Session,
    name: str,
    filter: str,
    *,
    screen: str = "fleet",
    columns: Sequence[str] = (),
    sort: str = "",
) -> SavedView:
    """Keep a view, in the place of one of the same name."""
    name = rules.text(name, NAME_LENGTH, "name")
    if not name:
        raise RuleError("A view needs a name.", field="name")
    try:
        view = get(session, name, screen)
    except MissingError:
        view = SavedView(screen=screen, name=name)
        session.add(view)
    view.filter, view.columns, view.sort = filter, list(columns), sort
    session.flush()
    revisions.touch(session, revisions.VIEWS)
    return view


def remove(session: Session, name: str, screen: str = "fleet") -> None:
    """Forget a view. Raises MissingError."""
    session.delete(get(session, name, screen))
    session.flush()
    revisions.touch(session, revisions.VIEWS)
