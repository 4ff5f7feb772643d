"""What the cluster has, for commands that read files: by the user's own kubeconfig, and never written to."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from canary_operator.cli.manifests import Manifest, key_of
from canary_operator.errors import CanaryError, Gone
from canary_operator.lint.files import Files
from canary_operator.lint.releases import targets
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.neighbours import KubernetesNeighbours, kinded
from canary_operator.providers.resources import ROLLOUTS
from canary_operator.providers.traffic.kinds import kind_for

PATIENCE = 10.0
"""Seconds for one answer: a person waits, and nothing hurries."""


def with_cluster(
    given: Sequence[Manifest], namespace: str, *, kubeconfig: str | None, context: str | None
) -> list[Manifest]:
    """The manifests, and what the cluster has of the rollouts among them and around them.

    Without any rollout those of the namespace are read. What was given counts before what the cluster has.
    """
    return asyncio.run(_with_cluster(given, namespace, kubeconfig, context))


async def _with_cluster(
    given: Sequence[Manifest], namespace: str, kubeconfig: str | None, context: str | None
) -> list[Manifest]:
    kubernetes = await connect(kubeconfig, context, may_write=lambda: False, timeout=PATIENCE)
    try:
        found = list(given)
        if all(one["kind"] != ROLLOUTS.kind for one in found):
            found += await _rollouts(kubernetes, namespace)
        for _, target in list(targets(Files(tuple(found), namespace))):
            found += await _routes(kubernetes, target)
            found += map(dict, await KubernetesNeighbours(kubernetes).around(target))
    finally:
        await kubernetes.close()
    return list(_once(found, namespace))


async def _rollouts(kubernetes: Kubernetes, namespace: str) -> list[Manifest]:
    try:
        found = await kubernetes.list(ROLLOUTS, namespace)
    except Gone as error:
        raise CanaryError(f"this cluster has no CanaryRollouts; are they installed? {error}") from error
    return [dict(kinded(one, ROLLOUTS)) for one in found]


async def _routes(kubernetes: Kubernetes, target: Target) -> list[Manifest]:
    """Whoever may not read them is told so: without them there is no plan."""
    kind = kind_for(target)
    read = [await kubernetes.get(kind.resource, target.namespace, name) for name in kind.names(target)]
    return [dict(kinded(one, kind.resource)) for one in read if one is not None]


def _once(found: Iterable[Manifest], namespace: str) -> Iterator[Manifest]:
    """The first of each."""
    known: set[tuple[str, str]] = set()
    for one in found:
        key = (str(one["kind"]), key_of(one, namespace))
        if key not in known:
            known.add(key)
            yield one
