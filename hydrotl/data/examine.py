"""Looking for the impossible and the doubtful in canonical data, basin by basin.

One engine for every way in: reading refuses what is impossible and says once what is doubtful;
:func:`examine` lists both as data.
"""

from __future__ import annotations

import xarray as xr

from hydrotl.data.balance import balance_findings
from hydrotl.data.findings import Finding
from hydrotl.data.manifest import Attributes
from hydrotl.data.roles import attribute_findings
from hydrotl.data.seasons import season_findings
from hydrotl.data.suspects import series_findings
from hydrotl.data.values import doubtful_values, impossible_values


def impossible(ds: xr.Dataset, roles: Attributes) -> list[Finding]:
    """Attributes, values and means that no place on earth has.

    Attributes come first: from a wrong area follow wrong flows.
    """
    of_places = [f for f in attribute_findings(ds, roles) if f.grade == "impossible"]
    return of_places + impossible_values(ds)


def contradictions(ds: xr.Dataset, roles: Attributes) -> list[Finding]:
    """What of the data does not go together, impossible and doubtful, and what is rarely right.

    The values are possible one by one (:func:`hydrotl.data.values.impossible_values`).
    """
    found = [*attribute_findings(ds, roles), *season_findings(ds, roles)]
    return found + balance_findings(ds, roles) + series_findings(ds) + doubtful_values(ds)


def examine(ds: xr.Dataset, roles: Attributes) -> list[Finding]:
    """All findings, the impossible first.

    Where single values are impossible, what would follow from them is not looked for.

    Parameters
    ----------
    ds
        Canonical data; its values may be impossible.
    roles
        Which attributes are the area, the latitude and so on.
    """
    found = impossible(ds, roles) or contradictions(ds, roles)
    return sorted(found, key=lambda finding: finding.grade == "doubtful")
