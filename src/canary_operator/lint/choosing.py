"""Pitfalls of canary matches and buckets."""

from collections.abc import Iterator

from canary_operator.api.matches import CanaryMatch, HeaderTest
from canary_operator.lint.files import Files, Pitfall, subject
from canary_operator.lint.front import is_in_mesh
from canary_operator.lint.releases import routed, targets


def labels_at_gateway(files: Files) -> Iterator[Pitfall]:
    """A gateway knows its own labels only, not those of whoever called it."""
    for rollout, target, route in routed(files):
        labelled = [at for at, one in enumerate(target.spec.traffic.canary_matches or ()) if one.source_labels]
        if labelled and not is_in_mesh(route):
            sentence = (
                f"traffic.canaryMatches[{labelled[0]}].sourceLabels are the caller's in the mesh, and the route is "
                "bound to gateways only, which have labels of their own: test a header, or bind the route to mesh too"
            )
            yield Pitfall("warning", "labels-at-gateway", subject(rollout, files.namespace), sentence)


def bucket_never_reached(files: Files) -> Iterator[Pitfall]:
    """Canary matches come first."""
    for rollout, target in targets(files):
        traffic = target.spec.traffic
        header = None if traffic.canary_bucket is None else traffic.canary_bucket.header
        if header is None:
            continue
        if CanaryMatch(headers=(HeaderTest(name=header, present=True),)) in (traffic.canary_matches or ()):
            sentence = (
                f"traffic.canaryMatches takes every request with the header {header}, so traffic.canaryBucket, which "
                "splits by it, has none left: test another header"
            )
            yield Pitfall("error", "bucket-never-reached", subject(rollout, files.namespace), sentence)


RULES = (labels_at_gateway, bucket_never_reached)
