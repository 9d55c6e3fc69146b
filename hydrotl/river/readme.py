"""What a run folder says of itself: its files, and how they are used without hydrotl's commands."""

from __future__ import annotations

from hydrotl.book.escape import code, plain
from hydrotl.river.runfile import RunFile

TEXT = """\
Made by `hydrotl run`. Open `report.html` first: it needs no network.

- `run.yaml`: what was chosen, on which days, from which data and code, and the hash of each file
  that hydrotl reads again: keep these as they are, and the folder whole, wherever you put it
- `scores.csv`: scores of each basin and model, in the test and the training years
- `series.csv`, `series.nc`: simulated flow with its 90 % band, observed flow and rain, mm/day
- `inputs.nc`: everything the models were given
- `members/`: weights and scales of each network; `layers/`: output layers fitted to single basins
- `gr4j.csv`: parameters of GR4J with snow
- `band.json`: the errors on held-out training days that the band follows from
- `log.txt`: what was computed when

## Simulate other weather

```bash
hydrotl simulate FOLDER_OF_THE_RUN --forcing FOLDER_WITH_WEATHER --out flow.csv
```

## Use a network in Python

```python
import xarray as xr
from hydrotl_core import simulate_file
flow = simulate_file("MEMBER", xr.open_dataset("inputs.nc"))  # mm/day, basin x time
```

Other weather goes into a data set with the variables of `inputs.nc`. The mean of a model's members
is better than any of them.

## For a program without hydrotl

```bash
hydrotl export FOLDER_OF_THE_RUN --out model
```

writes one member as a `torch.export` program, which needs PyTorch alone.
"""


def readme(file: RunFile) -> str:
    """Markdown of the folder."""
    folders = [model.members for model in file.models.values() if model.members]
    shares = {n: m.weight for n, m in file.models.items() if m.weight > 0 and m.members}
    best = max(shares, key=lambda name: shares[name], default=None)
    folder = file.models[best].members if best is not None else folders[0]
    text = TEXT.replace("MEMBER", f"{folder}/member-0.safetensors")
    return f"# {plain(file.title)}\n\nThe model is {code(file.chosen)}. {text}"
