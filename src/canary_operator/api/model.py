from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

GROUP = "canary-operator.dev"
VERSION = "v1alpha1"
KIND = "CanaryRollout"
PLURAL = "canaryrollouts"

T = TypeVar("T")


class Model(BaseModel):
    """A frozen value of the API; unknown fields are ignored, because the CRD is the gate, not the reader."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )


@dataclass_transform(frozen_default=True)
def value_type(made: type[T]) -> type[T]:
    """For what is made tens of times for every look of every rollout: a dataclass is made in half the time of a model.

    Pydantic reads and writes it all the same. It is frozen to the type checker only: to be so at run time as well would
    take as long again as making it.
    """
    made.__pydantic_config__ = Model.model_config  # type: ignore[attr-defined]
    return dataclass(slots=True, unsafe_hash=True)(made)
