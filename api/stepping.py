"""What a step of a round (招标批次) needs of a request: who takes it and from which version, and the round after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Response

from api.answers import tagged
from api.deps import Actor, Db, IfMatchVersion, Settings
from geo.tender import reading
from geo.tender.steps import Hand


def _hand(actor: Actor, settings: Settings, version: IfMatchVersion) -> Hand:
    return Hand(actor.username, settings.business_date(), version)


def _show(db: Db, settings: Settings, response: Response) -> Callable[[int], dict[str, Any]]:
    def show(number: int) -> dict[str, Any]:
        found = reading.shown(db, number, settings.business_date())
        response.headers.update(tagged(found["version"]))
        return found

    return show


By = Annotated[Hand, Depends(_hand)]
"""Who takes the step, on which business date, from the version of If-Match; 428 without one."""
Show = Annotated[Callable[[int], dict[str, Any]], Depends(_show)]
"""Reads a round as it is now and tags the answer with its version."""
