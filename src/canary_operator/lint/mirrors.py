"""Pitfalls of stages that mirror."""

import re
from collections.abc import Iterator

from canary_operator.lint.files import Files, Manifest, Pitfall, items, part, subject
from canary_operator.lint.releases import targets

_STORES = re.compile(r"DATABASE|POSTGRES|MYSQL|MARIADB|MONGO|REDIS|CASSANDRA|KAFKA|RABBIT|AMQP|NATS|S3_|DSN$|JDBC")


def mirror_unsafe(files: Files) -> Iterator[Pitfall]:
    """The canary is the Deployment with a new template: what that writes to, it writes to."""
    for rollout, target in targets(files):
        mirror, workload = target.spec.traffic.mirror, target.spec.workload
        if mirror is None or not mirror.allow_unsafe or workload is None:
            continue
        name = workload.deployment_ref.name
        stores = sorted(_stores(files.named("Deployment", target.namespace, name)))
        where = f"what {', '.join(stores)} of the Deployment {name} name" if stores else "what stable writes to"
        sentence = (
            f"traffic.mirror.allowUnsafe copies orders too, and the canary carries them out a second time, in {where}: "
            "give the canary a store that does not count, or leave allowUnsafe out"
        )
        yield Pitfall("warning", "mirror-unsafe", subject(rollout, files.namespace), sentence)


def mirror_writes(files: Files) -> Iterator[Pitfall]:
    """GET and HEAD change nothing by their definition, and not every application keeps to it."""
    for rollout, target in targets(files):
        workload = target.spec.workload
        unsafe = target.spec.traffic.mirror is not None and target.spec.traffic.mirror.allow_unsafe
        if workload is None or unsafe or all(stage.mirror is None for stage in target.spec.stages):
            continue
        if stores := sorted(_stores(files.named("Deployment", target.namespace, workload.deployment_ref.name))):
            sentence = (
                f"a mirrored canary reads and writes where stable does ({', '.join(stores)} of the Deployment "
                f"{workload.deployment_ref.name}): let its GET and HEAD write nothing that a second time would harm, "
                "such as a counter, a queue or a mail"
            )
            yield Pitfall("warning", "mirror-writes", subject(rollout, files.namespace), sentence)


def _stores(deployment: Manifest | None) -> Iterator[str]:
    """Variables of its containers that are called as databases and queues are."""
    for container in items(deployment, "spec", "template", "spec", "containers"):
        names = (str(part(variable, "name")) for variable in items(container, "env"))
        yield from (name for name in names if _STORES.search(name.upper()))


RULES = (mirror_unsafe, mirror_writes)
