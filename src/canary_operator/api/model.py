from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

GROUP = "canary-operator.dev"
VERSION = "v1alpha1"
KIND = "CanaryRollout"
PLURAL = "canaryrollouts"


class Model(BaseModel):
    """A frozen value of the API; unknown fields are ignored, because the CRD is the gate, not the reader."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )
