from canary_operator.errors import Unavailable
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import AUTOSCALERS


class Autoscalers:
    """Whether a HorizontalPodAutoscaler sizes a Deployment; asked once for each revision, not at each pass."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._answers: dict[str, tuple[str, bool]] = {}

    async def size(self, namespace: str, deployment: str, *, uid: str, revision: str) -> bool:
        """`uid` is the rollout's. No answer counts as no until the next pass asks again."""
        known, answer = self._answers.get(uid, ("", False))
        if known == revision:
            return answer
        try:
            found = await self._kubernetes.list(AUTOSCALERS, namespace)
        except Unavailable:
            return False
        references = [autoscaler["spec"]["scaleTargetRef"] for autoscaler in found]
        answer = any(each["kind"] == "Deployment" and each["name"] == deployment for each in references)
        self._answers[uid] = (revision, answer)
        return answer

    def forget(self, uid: str) -> None:
        self._answers.pop(uid, None)
