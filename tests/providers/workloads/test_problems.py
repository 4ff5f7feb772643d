import re
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.ports import Target
from canary_operator.providers.workloads.marks import LEFT_PAUSED, MANAGED_BY, our_labels
from canary_operator.providers.workloads.problems import CHECKS, Applicant, find_problem, find_template_problem
from tests.doubles.shop import a_deployment, a_service, a_target, a_template

Body = dict[str, Any]
OURS = {"metadata": {"name": "checkout-canary", "labels": our_labels(a_target())}, "spec": {}}
FOREIGN = {"metadata": {"name": "checkout-canary"}, "spec": {"selector": {"app": "checkout"}}}
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "orders"}}
SHARED = {"name": "data", "persistentVolumeClaim": {"claimName": "catalogue", "readOnly": True}}


def an_applicant(
    deployment: Body | None = None,
    service: Body | None = None,
    canary_service: Body | None = None,
    canary: Body | None = None,
    target: Target | None = None,
) -> Applicant:
    target = target or a_target()
    assert target.spec.workload is not None
    return Applicant(
        target, target.spec.workload, deployment or a_deployment(), service or a_service(), canary_service, canary
    )


def with_host_port() -> Body:
    template = a_template()
    template["spec"]["containers"][0]["ports"] = [{"containerPort": 8080, "hostPort": 8080}]
    return a_deployment(template)


REFUSED: dict[str, tuple[Applicant, str, str]] = {
    "another's mark": (
        an_applicant(a_deployment(annotations={MANAGED_BY: "shop/other"})),
        reasons.ADOPTION_REFUSED,
        "belongs to the CanaryRollout shop/other; delete that one",
    ),
    "another's pause": (
        an_applicant(a_deployment(paused=True)),
        reasons.ADOPTION_REFUSED,
        "kubectl rollout resume deployment/checkout",
    ),
    "a volume claim": (
        an_applicant(a_deployment(a_template(volumes=[CLAIM]))),
        reasons.WORKLOAD_UNSUPPORTED,
        "volume data .* PersistentVolumeClaim orders,.*readOnly",
    ),
    "a host port": (an_applicant(with_host_port()), reasons.WORKLOAD_UNSUPPORTED, "container app .* port 8080"),
    "a headless Service": (
        an_applicant(service=a_service(clusterIP="None")),
        reasons.SERVICE_UNSUPPORTED,
        "Service checkout is headless",
    ),
    "an ExternalName": (
        an_applicant(service=a_service(type="ExternalName")),
        reasons.SERVICE_UNSUPPORTED,
        "Service checkout is of type ExternalName",
    ),
    "no common label": (
        an_applicant(service=a_service(selector={"role": "web"})),
        reasons.LABEL_NOT_FOUND,
        "no label in common",
    ),
    "a canary Service that selects stable pods": (
        an_applicant(canary_service=FOREIGN),
        reasons.SERVICE_UNSUPPORTED,
        'let it select app: "checkout-canary"',
    ),
    "a canary Service that selects both": (
        an_applicant(
            a_deployment(a_template(labels={"app": "checkout", "tier": "web"})),
            canary_service={**FOREIGN, "spec": {"selector": {"tier": "web"}}},
        ),
        reasons.SERVICE_UNSUPPORTED,
        "does not select exactly the canary pods",
    ),
    "a canary Service that selects others": (
        an_applicant(canary_service={**FOREIGN, "spec": {"selector": {"app": "checkout-canary", "track": "canary"}}}),
        reasons.SERVICE_UNSUPPORTED,
        "does not select exactly the canary pods",
    ),
    "a foreign canary": (an_applicant(canary=FOREIGN), reasons.CANARY_NAME_TAKEN, "Deployment checkout-canary"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_adopted_is_refused_with_the_cure(case: str) -> None:
    """The reason, what is wrong with which object, and what to do."""
    applicant, reason, words = REFUSED[case]
    problem = find_problem(applicant)
    assert problem is not None
    assert problem.reason == reason
    assert re.search(words, problem.message)


def test_a_missing_service_is_named() -> None:
    """By the field that names it."""
    target = a_target()
    assert target.spec.workload is not None
    problem = find_problem(Applicant(target, target.spec.workload, a_deployment(), None, None, None))
    assert problem is not None
    assert problem.reason == reasons.SERVICE_NOT_FOUND
    assert "spec.traffic.stableService: there is no Service checkout" in problem.message


@pytest.mark.parametrize(
    "applicant",
    [
        an_applicant(),
        an_applicant(a_deployment(annotations={MANAGED_BY: "shop/checkout"}, paused=True)),
        an_applicant(a_deployment(annotations={LEFT_PAUSED: "by us"}, paused=True)),
        an_applicant(a_deployment(paused=True, status={"updatedReplicas": 0})),
        an_applicant(a_deployment(a_template(volumes=[SHARED, {"name": "scratch", "emptyDir": {}}]))),
        an_applicant(canary=OURS, canary_service=OURS),
        an_applicant(canary_service={**FOREIGN, "spec": {"selector": {"app": "checkout-canary"}}}),
    ],
    ids=["plain", "ours", "left paused by us", "paused and pending", "harmless volumes", "all ours", "a fit Service"],
)
def test_what_can_be_adopted_has_no_problem(applicant: Applicant) -> None:
    """What we did ourselves and what does no harm is no obstacle."""
    assert find_problem(applicant) is None


def test_the_first_bad_news_answers() -> None:
    """Whose Deployment it is comes before what is wrong with it, and its pods before its Services."""
    body = a_deployment(a_template(volumes=[CLAIM]), annotations={MANAGED_BY: "shop/other"}, paused=True)
    found = [problem.reason for check in CHECKS if (problem := check(an_applicant(body, a_service(clusterIP="None"))))]
    assert found[:3] == [reasons.ADOPTION_REFUSED, reasons.ADOPTION_REFUSED, reasons.WORKLOAD_UNSUPPORTED]
    first = find_problem(an_applicant(body))
    assert first is not None
    assert "shop/other" in first.message


def test_a_new_template_is_asked_for_its_own_problems() -> None:
    """A release may bring what the adopted one did not have."""
    assert find_template_problem(an_applicant(with_host_port())) is not None
    assert find_template_problem(an_applicant(a_deployment(paused=True))) is None
