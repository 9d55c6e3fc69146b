"""The record of a region's uncalibrated SWAT+ run, ``results/REGION/swat/uncalibrated.json``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.config import load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.manifest import load_manifest
from hydrotl.data.regions import region_basins, region_settings
from hydrotl.experiments.names import file_name, outside
from hydrotl.experiments.provenance import provenance
from hydrotl.experiments.records import results_dir, rounded
from hydrotl.process_based import WARM_UP_DAYS
from hydrotl.process_based.swat.installation import ARCHIVE_SHA256, PACKAGE, VERSION, Installation
from hydrotl.process_based.swat.run import swat_streamflow
from hydrotl.process_based.teachers import teacher_skill

#: Where the run departs from a SWAT project as one would set it up with maps.
DEVIATIONS = (
    "The basin is one hydrological response unit: forest on loam, with the slope, elevation and "
    "area of the basin; no maps of soil, land use or terrain.",
    "Nothing is fitted to this region. Soil group, land use, method of evapotranspiration, length "
    "of the channel and the soil water of the wet curve number (that of SWAT2012) were chosen "
    "among defaults by the scores of twelve gauged basins of CAMELS-US in 1996-2005; the scores of "
    "`ind` and `gb-5` in their test years were seen meanwhile.",
    "Potential evapotranspiration is Priestley and Taylor's, since wind is not in the data.",
    "Flow is not routed through the river: the channel has 1 km, whatever the area.",
    "Dams and abstractions are not simulated.",
)


def record_path(region: str) -> Path:
    """Where the record of a region is kept."""
    return results_dir() / file_name("regions", region) / "swat" / "uncalibrated.json"


def swat_record(region: str, installation: Installation, timeout: float = 600.0) -> dict[str, Any]:
    """Run SWAT+ in a region's basins and score it in the test period of each setting.

    Raises
    ------
    ConfigError, DataError, ProcessModelError
        If the region is not declared, its data do not suffice, or a run fails.
    """
    began, loaded = time.perf_counter(), load_region(region)
    ds = region_basins(loaded).load()
    flow, runs = swat_streamflow(ds, load_manifest()[loaded.dataset], installation, timeout)
    scores = {}
    for name, setting in region_settings(loaded).items():
        found = teacher_skill(flow, region, name)
        scores[name] = {
            "periods": setting.model_dump(mode="json", exclude_defaults=True),
            **{key: rounded(np.array(values)) for key, values in found.items()},
            "days": found["days"],
        }
    return {
        "region": file_name("regions", region),
        "files": outside(regions=region),
        "model": "SWAT+",
        "executable": {
            "name": installation.executable.name,
            "sha256": installation.sha256,
            "build": runs[0][2].build,
        },
        "databases": f"{PACKAGE} {VERSION}, sha256 {ARCHIVE_SHA256}",
        "warm_up_days": WARM_UP_DAYS,
        "basins": [
            {
                "basin": basin.name,
                "area_km2": round(basin.area, 2),
                "latitude": round(basin.latitude, 4),
                "elevation_m": round(basin.elevation, 1),
                "slope": round(basin.slope, 5),
                "weather": [str(run.flow.index[day].date()) for day in (0, -1)],
                "estimates": estimates,
                "seconds": round(run.seconds, 1),
                "log": run.log,
            }
            for basin, estimates, run in runs
        ],
        "settings": scores,
        "deviations": [*loaded.deviations, *DEVIATIONS],
        "provenance": provenance("cpu", time.perf_counter() - began, data_hash=data_hash(ds)),
    }
