"""Every reason that a condition or an event may carry, with its meaning: the one list; the docs are made from it.

Each constant is followed by the sentence that explains it to a user.
"""

import ast
import inspect
import itertools
import sys

# At rest
WAITING_FOR_FIRST_ROLLOUT = "WaitingForFirstRollout"
"""The Deployment has never been rolled out; it is left alone until it has."""
WAITING_FOR_ROLLOUT = "WaitingForRollout"
"""The Deployment is in the middle of a rollout of its own; it is adopted afterwards."""
ADOPTED = "Adopted"
"""The Deployment is watched; the next new pod template starts a run."""
AT_REST = "AtRest"
"""Stable gets all the traffic and nothing is to be shipped."""
BYPASSED = "Bypassed"
"""Somebody let the Deployment roll during a run; the run ended and the Deployment is adopted anew."""

# A run
PREPARING = "Preparing"
"""The canary is made ready for the next weight."""
RUN_STARTED = "RunStarted"
"""A new revision was found and is shipped in stages."""
STAGE_STARTED = "StageStarted"
"""A weight was written and the stage's clock runs."""
STAGE_RUNNING = "StageRunning"
"""The stage's time is not over yet."""
WARMING_UP = "WarmingUp"
"""New pods start cold: only blatant harm is judged."""
COLLECTING_REQUESTS = "CollectingRequests"
"""The stage is longer than planned because too few requests have reached the canary."""
PROMOTING = "Promoting"
"""The canary has all the traffic while the Deployment rolls to the new revision."""
STANDING_IN = "StandingIn"
"""The canary's pods carry the stable revision and all the traffic while the Deployment rolls to another one."""
RETURNING = "Returning"
"""Traffic goes back to stable, which now runs the new revision."""
TIDYING_UP = "TidyingUp"
"""The outcome is decided; the route and the canary are tidied up."""
PROMOTED = "Promoted"
"""The revision passed every stage and is stable now."""
ROLLED_BACK = "RolledBack"
"""The canary did harm; all traffic is on stable."""
ABORTED = "Aborted"
"""A person ended the run; all traffic is on stable."""
SUPERSEDED = "Superseded"
"""A newer revision came during the run; the run ended and the newer one is shipped."""

# Why a run was rolled back
HARM = "Harm"
"""The canary's requests failed beyond the limit, or beyond the baseline's."""
PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
"""The canary did not get ready in time, through its own fault."""
TOO_FEW_REQUESTS = "TooFewRequests"
"""Too few requests reached the canary, and the rollout asks for a rollback in that case."""
NO_DATA = "NoData"
"""The baseline's metrics were missing, and the rollout asks for a rollback in that case."""

# Holds
PAUSED = "Paused"
"""A person paused the run."""
INSUFFICIENT_DATA = "InsufficientData"
"""The extended stage still has too few requests to be judged."""
METRICS_UNAVAILABLE = "MetricsUnavailable"
"""The metrics provider does not answer, or answers with an error."""
METRICS_MISSING = "MetricsMissing"
"""The metrics provider has no series of the baseline although its pods are ready."""
METRICS_STALE = "MetricsStale"
"""The newest sample is too old to judge by."""
PROVIDER_UNKNOWN = "ProviderUnknown"
"""The rollout names a metrics provider that the operator's configuration does not have."""
BASELINE_UNHEALTHY = "BaselineUnhealthy"
"""The baseline itself fails so much that nobody can be judged beside it."""
METRIC_OVER_BOUND = "MetricOverBound"
"""A metric that is not critical broke its bound; a person decides."""
TRAFFIC_SHARE_MISMATCH = "TrafficShareMismatch"
"""The canary gets another share of the requests than its weight says: the route is not, or not alone, what decides."""
TRAFFIC_PULLED = "TrafficPulled"
"""Somebody lowered the canary's weight or took a rule for testers away; neither comes back without a person's word."""
WEIGHT_DRIFTED = "WeightDrifted"
"""Somebody raised the canary's weight above the stage's."""
PITFALL = "Pitfall"
"""Allowed, and it may hurt the release that begins: `canary-operator lint` explains each rule."""
WEIGHT_REAPPLIED = "WeightReapplied"
"""Somebody changed the weight, and ours was written again because `onDrift` says so."""
CANARY_NOT_READY = "CanaryNotReady"
"""The canary's pods are not ready."""
CANARY_UNSCHEDULABLE = "CanaryUnschedulable"
"""The cluster has no room for the canary's pods; the run goes on by itself when it has."""
CANARY_LOST = "CanaryLost"
"""The canary lost all its ready pods under traffic; the weight is 0 until they are back."""
SUBSET_LOST = "SubsetLost"
"""Somebody took the canary's subset away under traffic; the weight is 0, and a person says when it rises again."""
NO_STABLE_ENDPOINTS = "NoStableEndpoints"
"""The canary does harm, but stable has no ready endpoint to go back to."""
MAX_DURATION_EXCEEDED = "MaxDurationExceeded"
"""The run has taken longer than it may."""
PROMOTION_STALLED = "PromotionStalled"
"""The Deployment did not become available with the new revision in time; traffic stays on the canary."""
PROMOTION_BREACH = "PromotionBreach"
"""The new revision does harm after the point of no return; traffic stays where it is and a person must act."""
STAND_IN_LOST = "StandInLost"
"""The canary, which carries the stable revision, has no ready pod; what the Deployment runs was not analysed."""
AWAITING_STABLE_UPDATE = "AwaitingStableUpdate"
"""Without a workload of ours, a person says when stable carries the new revision."""

# The user must act
INVALID_SPEC = "InvalidSpec"
"""The spec can't be read."""
ROUTE_NOT_FOUND = "RouteNotFound"
"""The VirtualService or HTTPRoute, or the rule in it, does not exist."""
ROUTE_AMBIGUOUS = "RouteAmbiguous"
"""Several routes could be meant."""
ROUTE_UNSUPPORTED = "RouteUnsupported"
"""The route has a shape that can't be split."""
ROUTE_RECORD_UNREADABLE = "RouteRecordUnreadable"
"""Our annotation on the route was damaged."""
ROUTE_TAKEN = "RouteTaken"
"""Another CanaryRollout splits this route."""
DESTINATION_NOT_FOUND = "DestinationNotFound"
"""The route has no destination for the stable Service."""
DESTINATION_DUPLICATED = "DestinationDuplicated"
"""The route names a Service twice."""
WORKLOAD_NOT_FOUND = "WorkloadNotFound"
"""The Deployment does not exist."""
WORKLOAD_UNSUPPORTED = "WorkloadUnsupported"
"""The Deployment can't run a second copy of its pods."""
ADOPTION_REFUSED = "AdoptionRefused"
"""Somebody else owns a field of the Deployment that a run needs."""
SERVICE_NOT_FOUND = "ServiceNotFound"
"""A Service does not exist."""
SERVICE_UNSUPPORTED = "ServiceUnsupported"
"""A Service has a kind that carries no traffic of its own."""
DESTINATION_RULE_NOT_FOUND = "DestinationRuleNotFound"
"""The DestinationRule of `subsets` does not exist, or is for another Service."""
SUBSET_UNSUPPORTED = "SubsetUnsupported"
"""A subset of the DestinationRule is missing, or its labels don't tell canary pods from stable pods."""
LABEL_NOT_FOUND = "LabelNotFound"
"""No label can tell canary pods from stable pods."""
CANARY_NAME_TAKEN = "CanaryNameTaken"
"""An object that is not ours has the name that the canary needs."""
STABLE_MAY_SHRINK = "StableMayShrink"
"""An autoscaler may shrink stable while its traffic goes away, so that a rollback would land on too few pods."""

# The outside
READING = "Reading"
"""Something has not been read yet; tried again at once."""
WRITE_REFUSED = "WriteRefused"
"""The API server refused a write of ours."""
DELETING = "Deleting"
"""The rollout is being deleted; everything is given back first."""
NOT_ANALYSED = "NotAnalysed"
"""The rollout was deleted while only the canary ran the stable revision: the Deployment's pods got the traffic."""
CORRUPT_STATUS = "CorruptStatus"
"""The status could not be read and was rebuilt from what is observed."""

# Verbs
VERB_DONE = "VerbDone"
"""A verb was acted on."""
VERB_IGNORED = "VerbIgnored"
"""A verb was read and could not be acted on."""


def meanings() -> dict[str, str]:
    """Reason -> its sentence, in the order of this file."""
    nodes = ast.parse(inspect.getsource(sys.modules[__name__])).body
    found: dict[str, str] = {}
    for node, following in itertools.pairwise(nodes):
        match node, following:
            case (
                ast.Assign(value=ast.Constant(value=str(reason))),
                ast.Expr(value=ast.Constant(value=str(sentence))),
            ):
                found[reason] = sentence
    return found
