"""The base class of everything that people write by hand."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A frozen document whose unknown keys are errors: a typo must not switch a scanner off."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
