"""How a worker's next batch is shared: between workspaces first, then between the campaigns of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TypeVar

T = TypeVar("T")


def shares(campaigns: Mapping[int, int], limit: int) -> dict[int, int]:
    """Divide `limit` among campaigns, given as campaign id -> workspace id; the shares add up to `limit`.

    A workspace's part does not grow with the number of its campaigns, nor a campaign's with its size.
    """
    by_workspace: dict[int, list[int]] = {}
    for campaign_id, workspace_id in campaigns.items():
        by_workspace.setdefault(workspace_id, []).append(campaign_id)
    found: dict[int, int] = {}
    for place, ids in enumerate(by_workspace.values()):
        part = _part(limit, len(by_workspace), place)
        found |= {campaign_id: _part(part, len(ids), n) for n, campaign_id in enumerate(ids)}
    return found


def in_turns(rows: Iterable[Sequence[T]]) -> list[T]:
    """Take one of each sequence in turn, until all are used up."""
    missing = object()
    return [one for turn in zip_longest(*rows, fillvalue=missing) for one in turn if one is not missing]  # type: ignore[misc]


def _part(whole: int, count: int, place: int) -> int:
    return whole // count + (place < whole % count)
