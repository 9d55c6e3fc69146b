"""Guards against inputs that know the streamflow they are to predict.

What is not to be known of the test days may come in by many doors: streamflow itself as an input, a
daily variable that is flow under another name, an attribute computed from flow, a screen that looks
at the test years. Each is an error here unless a region or source allows it in so many words; what
was allowed, and what is published of years that hold test days, is said by :func:`cautions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import xarray as xr

from hydrotl.config import Region, Setting, Source
from hydrotl.data.canonical import dynamic_variables
from hydrotl.data.climate import CLIMATE
from hydrotl.data.copies import copied_in
from hydrotl.data.flow_statistics import computed_from_flow
from hydrotl.data.manifest import Attributes, Dataset, load_manifest
from hydrotl.data.signatures import is_long_term, is_of_flow
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import STREAMFLOW


def flow_attributes(names: Iterable[str], attributes: Attributes) -> list[str]:
    """Those of ``names`` that were computed from flow, as the manifest or their names say."""
    known = set(attributes.uses_flow)
    return [
        name
        for name in names
        if name in known or (is_of_flow(name) and name not in attributes.not_flow)
    ]


def flow_columns(dataset: Dataset) -> dict[str, str]:
    """Daily variables besides streamflow whose column is that of flow, or is named so."""
    own = dataset.variables.get(STREAMFLOW)
    return {
        name: variable.native
        for name, variable in dataset.variables.items()
        if name != STREAMFLOW
        and (
            (own is not None and variable.native == own.native)
            # In weather data q is the humidity.
            or (is_of_flow(variable.native) and name not in ("humidity", "rel_humidity"))
        )
    }


def refuse_flow(owner: Region | Source, inputs: Inputs) -> None:
    """Raise a ConfigError if inputs are flow by their names, unless ``owner`` allows it."""
    dataset = load_manifest()[owner.dataset]
    if not owner.flow_attributes:
        leaking = flow_attributes(inputs.static, dataset.attributes)
        if leaking:
            raise ConfigError(
                f"{owner.title}: {', '.join(leaking)} were computed from observed flow, the test "
                "period included: leave them out, or say `flow_attributes: true` to repeat the "
                "paper (where a name misleads, list it as `not_flow` in the manifest entry)"
            )
    if STREAMFLOW in inputs.dynamic and not owner.flow_inputs:
        raise ConfigError(
            f"{owner.title}: streamflow is what is to be predicted, and no input: leave it out "
            "(or say `flow_inputs: true`, which the record then shows)"
        )


def refuse_flow_as_weather(ds: xr.Dataset, owner: Region | Source) -> None:
    """Raise a DataError if a daily variable in ``ds`` is streamflow under another name.

    Its column is that of streamflow or named so, or it has the ranks of streamflow in part of the
    record, perhaps some days earlier or later. ``owner`` may allow it.
    """
    if owner.flow_inputs:
        return
    remedy = "leave it out (or say `flow_inputs: true`, which the record then shows)"
    columns = flow_columns(load_manifest()[owner.dataset])
    for name in dynamic_variables(ds):
        if name in columns:
            raise DataError(
                f"{owner.title}: {name} is read from the column {columns[name]!r}, which is one "
                f"of streamflow: {remedy}"
            )
    copy = copied_in(
        ds, [n for n in dynamic_variables(ds) if n != STREAMFLOW], _test_periods(owner)
    )
    if copy is not None:
        name, basin = copy
        raise DataError(
            f"{owner.title}: {name} is streamflow under another name: in basin {basin} it rises "
            f"and falls with it day by day, at least for some months: {remedy}"
        )


def refuse_flow_as_attribute(
    ds: xr.Dataset,
    owner: Region | Source,
    names: Iterable[str],
    periods: Sequence[Period] = (),
) -> None:
    """Raise a DataError if one of the attributes ``names`` is computed from streamflow.

    It is, where over many basins it is in a fixed ratio to a statistic of flow, of the whole
    record or of one of the ``periods`` (:func:`computed_from_flow`). ``owner`` may allow it.
    """
    if owner.flow_attributes:
        return
    area = load_manifest()[owner.dataset].attributes.area
    for name, what in computed_from_flow(ds, periods, names, area).items():
        raise DataError(
            f"{owner.title}: attribute {name} is computed from observed flow: in every basin it "
            f"follows from {what}: leave it out (or say `flow_attributes: true`, which the "
            "record then shows)"
        )


def _test_periods(owner: Region | Source) -> list[Period]:
    if isinstance(owner, Source):
        return [] if owner.test is None else [owner.test]
    settings = owner.settings or load_manifest()[owner.dataset].protocol
    return tested_days(settings.values())


def tested_days(settings: Iterable[Setting]) -> list[Period]:
    """All test periods of settings, those of single basins among them."""
    return [p.test for setting in settings for p in (setting, *setting.per_basin.values())]


def overlapping(period: Period, tests: Iterable[Period]) -> Period | None:
    """The first of ``tests`` that shares a day with ``period``."""
    return next((t for t in tests if t.start < period.end and period.start < t.end), None)


def refuse_screen(region: Region, settings: Iterable[Setting]) -> None:
    """Raise a ConfigError if the region's screen counts flow of test days, and is not the paper's.

    A screen that does chooses basins by what is known of the test years.
    """
    screen = load_manifest()[region.dataset].screens.get(region.basins.screen or "")
    if screen is None or screen.of_paper:
        return
    test = overlapping(screen, tested_days(settings))
    if test is not None:
        raise ConfigError(
            f"{region.title}: screen {region.basins.screen!r} counts missing flow in "
            f"{screen.start}..{screen.end}, test days of {test.start}..{test.end} among them: "
            "give it days of the training (in the manifest entry's `screens`), or `of_paper: true` "
            "if it is the paper's own, which the record then says"
        )


def cautions(owner: Region | Source, inputs: Inputs, tests: Sequence[Period]) -> list[str]:
    """What a score of ``owner`` owes to knowledge of its test days, a sentence each.

    Parameters
    ----------
    owner
        Region or source, whose switches allowed what would be an error otherwise.
    inputs
        Of the models.
    tests
        Test periods (:func:`tested_days`).
    """
    dataset = load_manifest()[owner.dataset]
    attributes, said = dataset.attributes, []
    flow = flow_attributes(inputs.static, attributes)
    if owner.flow_attributes:
        names = f" ({', '.join(flow)})" if flow else ""
        said.append(f"Attributes computed from observed flow are allowed as inputs{names}.")
    if owner.flow_inputs:
        own = {STREAMFLOW, *flow_columns(dataset)}
        names = ", ".join(name for name in inputs.dynamic if name in own)
        said.append(f"Streamflow is allowed among the daily inputs{names and f' ({names})'}.")
    averages = [n for n in inputs.static if is_long_term(n) and n not in {*flow, *CLIMATE}]
    years = attributes.averaged
    if averages and tests and years is None:
        said.append(
            f"Published averages of years that the manifest does not state, and that may hold test "
            f"days: {', '.join(averages)}."
        )
    elif averages and years is not None and overlapping(years, tests):
        said.append(
            f"Published averages of {years.start} to before {years.end}, test days among them: "
            f"{', '.join(averages)}."
        )
    choice = owner.basins.screen if isinstance(owner, Region) else None
    screen = dataset.screens.get(choice or "")
    if screen is not None and overlapping(screen, tests):
        said.append(
            f"Basins were chosen by the paper's own screen, which counts missing flow in "
            f"{screen.start} to before {screen.end}, test days among them."
        )
    return said
