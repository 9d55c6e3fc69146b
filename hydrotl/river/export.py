"""A network for programs without hydrotl: one day of it as a ``torch.export`` program.

The program takes the weather of a day, the scaled attributes and the state of the day before, and
returns streamflow in mm/day and the new state. Scales are part of it; a loop over days is the
model. It works for any number of basins, and is compared with the original before it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor, nn

from hydrotl.river.folder import Run, new_folder
from hydrotl.river.models import members
from hydrotl_core.arrays import absent_inputs, static_inputs
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.scaling import Scaler
from hydrotl_core.use import record_periods, simulate_file
from hydrotl_core.weights import load_model

PROGRAM, STATIC = "model.pt2", "attributes.csv"
#: Days of the comparison, and how far the flows may differ, as a share of the largest.
COMPARED_DAYS, CLOSE = 730, 1e-4
README = """\
# One network of a run, as a `torch.export` program

`model.pt2` needs PyTorch alone. It computes one day at a time:

```python
import pandas as pd
import torch

step = torch.export.load("model.pt2").module()
static = torch.tensor(pd.read_csv("attributes.csv", index_col=0).to_numpy("float32"))
h = c = torch.zeros(len(static), HIDDEN)
for day in weather:  # [basin, input] float32, in the order and units below; NaN = missing
    flow, h, c = step(day, static, h, c)  # mm/day, [basin]
```

Inputs of a day: INPUTS. `attributes.csv` holds the scaled attributes of each basin, in the order
of the network's columns. The state needs a year of weather before its flow means something. Flow
differs from hydrotl's by at most DIFFERENCE mm/day (DAYS days of BASINS basins compared).
"""


class DayStep(nn.Module):
    """One day of a network, in physical units, with the equations written out."""

    def __init__(self, model: StreamflowLSTM, scaler: Scaler) -> None:
        super().__init__()
        if scaler.per_precipitation or scaler.streamflow.transform != "none":
            raise ConfigError("only networks that are scaled by plain z-scores can be exported")
        if any(scale.transform != "none" for scale in scaler.dynamic.values()):
            raise ConfigError("only networks that are scaled by plain z-scores can be exported")
        self.model = model.eval()
        # Parameters, since torch below 2.5 has no nn.Buffer.
        scales = scaler.dynamic.values()
        self.mean = nn.Parameter(torch.tensor([s.mean for s in scales]), requires_grad=False)
        self.std = nn.Parameter(torch.tensor([s.std for s in scales]), requires_grad=False)
        self.flow_mean, self.flow_std = scaler.streamflow.mean, scaler.streamflow.std

    def forward(
        self, weather: Tensor, static: Tensor, h: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Equations 1-8 for ``[basin, input]`` and the state ``[basin, H]`` of the day before."""
        lstm = self.model.lstm
        scaled = torch.nan_to_num((weather - self.mean) / self.std, nan=0.0)
        x = self.model.embed(scaled[None], static)[0]
        gates = nn.functional.linear(x, lstm["weight_ih"], lstm["bias_ih"]) + nn.functional.linear(
            h, lstm["weight_hh"], lstm["bias_hh"]
        )
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        flow = self.model.flow(h, None) * self.flow_std + self.flow_mean
        return torch.clamp(flow, min=0.0), h, c


@dataclass(frozen=True)
class Exported:
    """Where a network went, and the largest difference of its flow from the original, mm/day."""

    folder: Path
    member: Path
    difference: float


def export_run(run: Run, out: Path, name: str | None = None) -> Exported:
    """Write a member of a run as a program into the new folder ``out``.

    Parameters
    ----------
    run
        Whose network it is.
    out
        Folder to make.
    name
        Of the model; by default the network with the largest share in the choice.

    Raises
    ------
    ConfigError
        If the run has no such network, its output layers are fitted to single basins, or its scales
        are not plain.
    WeightsError
        If the program's flow differs from the original's.
    """
    name = name or _largest(run)
    model = run.file.models.get(name)
    if model is None or model.members is None:
        known = [key for key, one in run.file.models.items() if one.members and not one.layers]
        raise ConfigError(f"no network {name!r} in {run.folder}; it has {', '.join(known)}")
    if model.layers is not None:
        raise ConfigError(
            f"{name} has an output layer for each basin: export the network it is made from, "
            "zero, or another one (--model)"
        )
    member = members(run.folder, model)[0]
    network, card = load_model(member)
    step = DayStep(network, card.scaler)
    with new_folder(out.expanduser().resolve()) as folder:
        _program(step, folder / PROGRAM)
        static = _static(run.inputs, card.scaler)
        static.to_csv(folder / STATIC)
        loaded = torch.export.load(str(folder / PROGRAM)).module()
        difference, days = _difference(loaded, member, run.inputs, card.scaler, network.hidden)
        units = run.inputs
        inputs = ", ".join(
            f"{n} ({units[n].attrs.get('units', '') if n in units else 'absent: NaN'})"
            for n in card.scaler.dynamic
        )
        told = {
            "HIDDEN": str(network.hidden),
            "INPUTS": inputs,
            "DIFFERENCE": f"{difference:.1e}",
            "DAYS": str(days),
            "BASINS": str(len(static)),
        }
        text = README
        for key, value in told.items():
            text = text.replace(key, value)
        (folder / "README.md").write_text(text, encoding="utf-8")
    return Exported(out, member, difference)


def _largest(run: Run) -> str:
    shares = {
        name: model.weight
        for name, model in run.file.models.items()
        if model.members is not None and model.layers is None
    }
    return max(shares, key=lambda name: shares[name])


def _program(step: DayStep, path: Path) -> None:
    hidden, basins = step.model.hidden, 3
    example = (
        torch.zeros(basins, step.model.n_dynamic),
        torch.zeros(basins, step.model.n_static),
        torch.zeros(basins, hidden),
        torch.zeros(basins, hidden),
    )
    basin = torch.export.Dim("basin", min=1)
    shapes = tuple({0: basin} for _ in example)
    with torch.no_grad():
        program = torch.export.export(step, example, dynamic_shapes=shapes)
    torch.export.save(program, str(path))


def _static(ds: xr.Dataset, scaler: Scaler) -> pd.DataFrame:
    absent = absent_inputs(ds, scaler, record_periods(ds, scaler))
    names = scaler.input_names[scaler.n_dynamic :]
    basins = pd.Index([str(b) for b in ds["basin"].values], name="basin")
    return pd.DataFrame(static_inputs(ds, scaler, absent), index=basins, columns=names)


def _difference(
    step: nn.Module, member: Path, ds: xr.Dataset, scaler: Scaler, hidden: int
) -> tuple[float, int]:
    """Largest difference of flow over the last days of each record, from the same first state."""
    periods, largest, days = record_periods(ds, scaler), 0.0, 0
    for row, period in enumerate(periods):
        one = ds.isel(basin=[row]).sel(time=slice(pd.Timestamp(period.start), None))
        one = one.isel(time=slice(0, min(period.days, COMPARED_DAYS)))
        # The original begins with its first year, repeated; so does the program.
        flow = simulate_file(member, one).values[0]
        weather = np.stack(
            [
                one[n].values[0] if n in one else np.full(one.sizes["time"], np.nan)
                for n in scaler.dynamic
            ],
            axis=-1,
        ).astype(np.float32)
        before = np.arange(-365, 0) % min(365, len(weather))
        static = torch.tensor(_static(one, scaler).to_numpy(np.float32))
        h = c = torch.zeros(1, hidden)
        found = []
        with torch.no_grad():
            for day in [*weather[before], *weather]:
                q, h, c = step(torch.from_numpy(day[None]), static, h, c)
                found.append(float(q[0]))
        off = np.abs(np.array(found[len(before) :]) - flow)
        largest, days = max(largest, float(np.nanmax(off))), days + len(weather)
        if largest > CLOSE * max(1.0, float(np.nanmax(flow))):
            raise WeightsError(
                f"the exported program differs from {member} by {largest:.2g} mm/day: not written"
            )
    return largest, days
