"""The reader options of a manifest entry, checked against the reader's own model."""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from hydrotl_core.errors import ConfigError

#: What to do with a day that a record skips.
Gaps = Literal["error", "nan"]


class Options(BaseModel):
    """Base of the readers' option models: an unknown or misspelt option is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


OptionsT = TypeVar("OptionsT", bound=Options)


def parse_options(model: type[OptionsT], options: dict[str, Any], title: str) -> OptionsT:
    """Validate ``options`` of the data set called ``title``.

    Raises
    ------
    ConfigError
        Naming the data set, the option and the reason.
    """
    try:
        return model.model_validate(options)
    except ValidationError as error:
        reasons = "; ".join(
            f"options.{'.'.join(map(str, item['loc'])) or '(all)'}: {item['msg']}"
            for item in error.errors()
        )
        known = ", ".join(model.model_fields)
        raise ConfigError(
            f"manifest entry of '{title}': {reasons} (the reader knows {known})"
        ) from error
