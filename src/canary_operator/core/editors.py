"""Programs that put routes back as they are in Git, and how each is told to leave the weights alone. Pure text."""

from collections.abc import Callable, Mapping

from canary_operator.core.carriers import Carrier


def named(editor: str) -> str:
    """`kubectl-edit`, or `somebody` where nobody knows."""
    return editor or "somebody"


def advice(editor: str, carrier: Carrier) -> str:
    """A sentence for the tools that would do it again; empty for everybody else."""
    return f". {_TOOLS[editor](carrier)}" if editor in _TOOLS else ""


def _argo(carrier: Carrier) -> str:
    return (
        f"Argo CD leaves the weights alone with ignoreDifferences: [{{group: {carrier.group}, kind: {carrier.kind}, "
        f"jqPathExpressions: ['{carrier.weights}']}}] and syncOptions: [RespectIgnoreDifferences=true] in its "
        "Application"
    )


def _flux(carrier: Carrier) -> str:
    return (
        f"Flux leaves the rules alone with ignore: [{{paths: [{carrier.rules}], target: {{kind: {carrier.kind}}}}}] in "
        f"its Kustomization, or with the annotation kustomize.toolkit.fluxcd.io/ssa: IfNotPresent on the {carrier.kind}"
    )


def _flux_helm(carrier: Carrier) -> str:
    return (
        f"Flux leaves the rules alone with driftDetection.ignore: [{{paths: [{carrier.rules}], target: {{kind: "
        f"{carrier.kind}}}}}] in its HelmRelease"
    )


_TOOLS: Mapping[str, Callable[[Carrier], str]] = {
    "argocd-controller": _argo,
    "argocd-application-controller": _argo,
    "kustomize-controller": _flux,
    "helm-controller": _flux_helm,
}
