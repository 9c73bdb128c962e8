"""Graphs of references in the order in which files can be named: what is referred to first, each cycle as a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def components(edges: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the strongly connected components of ``edges``, each sorted, every one after all that it leads to.

    Tarjan's algorithm (1972), linear in files and references, with a stack of its own: a chain of ten thousand imports
    must not meet Python's recursion limit.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in sorted(edges):
        work = [(root, iter(edges[root]))] if root not in index else []
        while work:
            node, targets = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                path.append(node)
                on_path.add(node)
            target = next((one for one in targets if one not in index or one in on_path), None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    cut = path.index(node)
                    found.append(tuple(sorted(path[cut:])))
                    on_path.difference_update(path[cut:])
                    del path[cut:]
            elif target in index:
                low[node] = min(low[node], index[target])
            else:
                work.append((target, iter(edges[target])))
    return found
