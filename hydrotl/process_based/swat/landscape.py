"""Spatial objects of a lumped project: one HRU, its routing unit, one aquifer and one channel.

Water goes from the HRU by way of the routing unit to the channel, percolation to the aquifer and
from there to the channel. The land is the forest of the pinned project (``frst_lum``) on loam.
Values are the defaults that the SWAT+ editor wrote into that project, but for those named here.
Soil group, land use, the wet curve number and the short channel were chosen among defaults by the
scores of twelve gauged basins of CAMELS-US (1996-2005), not by those of a target region.
"""

from __future__ import annotations

from pathlib import Path

from hydrotl.process_based.swat.basin import Basin
from hydrotl.process_based.swat.tables import NULL, Cell, cell, write_lines, write_table
from hydrotl.process_based.swat.weather import STATION

#: Loam: bulk density g/cm3, available water, saturated conductivity mm/h of the texture class in
#: Saxton and Rawls (2006, doi:10.2136/sssaj2005.0117, Table 3).
LOAM: dict[str, Cell] = {"bd": 1.43, "awc": 0.14, "soil_k": 15.5}

#: Depths of the soil's two layers, mm.
LAYERS = (300.0, 1500.0)

#: 15.5 mm/h is 4.3 um/s, within the 1 to 10 um/s of hydrologic soil group C where something
#: impermeable lies 50 to 100 cm deep (USDA National Engineering Handbook, part 630, chapter 7,
#: Table 7-1). A deeper soil would just be in group B (4 to 10 um/s).
SOIL_GROUP = "C"

#: The editor's percolation coefficient of soil group C.
PERCOLATION = 0.5

#: Soil water at which the wet curve number holds: 0 is field capacity, as in SWAT2012.
WET_CURVE_NUMBER = 0.0

#: Length of the channel, km. All water enters at its upper end. With the length of the main
#: channel of a large basin, the run would come weeks late; so routing is left out.
CHANNEL_LENGTH = 1.0
CHANNEL_SLOPE = 0.01


def write_landscape(folder: Path, basin: Basin) -> None:
    """Write all tables of the place."""
    _connections(folder, basin)
    _regions(folder, basin)
    _land(folder, basin)
    _soil(folder)
    _channel(folder, basin)
    _aquifer(folder)


def _connection(kind: str, name: str, basin: Basin, *out: tuple[str, str]) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        "id": 1, "name": name, "gis_id": 1, "area": basin.hectares, "lat": basin.latitude,
        "lon": 0.0, "elev": basin.elevation, kind: 1, "wst": STATION, "cst": 0, "ovfl": 0,
        "rule": 0, "out_tot": len(out),
    }  # fmt: skip
    for number, (receiver, part) in enumerate(out, 1):
        values: dict[str, Cell] = {"obj_typ": receiver, "obj_id": 1, "hyd_typ": part, "frac": 1.0}
        row |= {f"{name}{number}": value for name, value in values.items()}
    return row


def _connections(folder: Path, basin: Basin) -> None:
    channel, recharge = ("sdc", "tot"), ("aqu", "rhg")
    write_table(folder / "hru.con", [_connection("hru", "hru1", basin)])
    write_table(folder / "rout_unit.con", [_connection("rtu", "rtu1", basin, channel, recharge)])
    write_table(folder / "aquifer.con", [_connection("aqu", "aqu1", basin, channel)])
    write_table(folder / "chandeg.con", [_connection("lcha", "cha1", basin)])
    unit: dict[str, Cell] = {"id": 1, "name": "rtu1", "elem_tot": 1, "elements": 1}
    write_table(folder / "rout_unit.def", [unit])
    part: dict[str, Cell] = {"id": 1, "name": "hru1", "obj_typ": "hru", "obj_id": 1, "frac": 1.0}
    write_table(folder / "rout_unit.ele", [{**part, "dlr": 0}])
    routing: dict[str, Cell] = {"id": 1, "name": "rtu1", "define": "rtu1", "dlr": NULL}
    write_table(folder / "rout_unit.rtu", [{**routing, "topo": "toportu1", "field": "fld1"}])


def _regions(folder: Path, basin: Basin) -> None:
    """The basin as its only region; without it SWAT+ has no totals and stops."""
    whole: dict[str, Cell] = {"bsn_frac": 1.0, "sub_frac": 1.0, "reg_frac": 0.0}
    for kind, name in (("hru", "ls_unit.ele"), ("aqu", "aqu_catunit.ele")):
        row: dict[str, Cell] = {"id": 1, "name": f"{kind}1", "obj_typ": kind, "obj_typ_no": 1}
        write_table(folder / name, [row | whole])
    names = ["id", "name", "area", "elem_tot", "elements"]
    unit = ["1", "rtu1", cell(basin.hectares), "1", "1"]
    write_lines(folder / "ls_unit.def", [["1"], names, unit])


def _land(folder: Path, basin: Basin) -> None:
    hru: dict[str, Cell] = {
        "id": 1, "name": "hru1", "topo": "topohru1", "hydro": "hyd1", "soil": "loam",
        "lu_mgt": "frst_lum", "soil_plant_init": "soilplant1", "surf_stor": NULL,
        "snow": "snow001", "field": NULL,
    }  # fmt: skip
    write_table(folder / "hru-data.hru", [hru])
    shape: dict[str, Cell] = {
        "slp": basin.slope, "slp_len": basin.hillslope, "lat_len": basin.hillslope,
        "dist_cha": 121.0, "depos": 0.0,
    }  # fmt: skip
    names = ("topohru1", "toportu1")
    write_table(folder / "topography.hyd", [{"name": name, **shape} for name in names])
    hydrology: dict[str, Cell] = {
        "name": "hyd1", "lat_ttime": 0.0, "lat_sed": 0.0, "can_max": 1.0, "esco": 0.95,
        "epco": 0.5, "orgn_enrich": 0.0, "orgp_enrich": 0.0, "cn3_swf": WET_CURVE_NUMBER,
        "bio_mix": 0.2, "perco": PERCOLATION, "lat_orgn": 0.0, "lat_orgp": 0.0, "pet_co": 1.0,
        "latq_co": 0.01,
    }  # fmt: skip
    write_table(folder / "hydrology.hyd", [hydrology])
    write_table(folder / "field.fld", [{"name": "fld1", "len": 500.0, "wd": 100.0, "ang": 30.0}])


def _soil(folder: Path) -> None:
    layer: dict[str, Cell] = {
        **LOAM, "carbon": 1.45, "clay": 20.0, "silt": 40.0, "sand": 40.0, "rock": 0.0,
        "alb": 0.15, "usle_k": 0.3, "ec": 0.0, "caco3": 0.0, "ph": 0.0,
    }  # fmt: skip
    names = ["name", "nly", "hyd_grp", "dp_tot", "anion_excl", "perc_crk", "texture", "dp"]
    profile = ["loam", str(len(LAYERS)), SOIL_GROUP, *map(cell, (LAYERS[-1], 0.5, 0.5)), "loam"]
    layers = ([cell(depth), *map(cell, layer.values())] for depth in LAYERS)
    write_lines(folder / "soils.sol", [[*names, *layer], profile, *layers])


def _channel(folder: Path, basin: Basin) -> None:
    channel: dict[str, Cell] = {
        "id": 1, "name": "cha1", "cha_ini": "initcha1", "cha_hyd": "hydcha1", "cha_sed": NULL,
        "cha_nut": "nutcha1",
    }  # fmt: skip
    write_table(folder / "channel-lte.cha", [channel])
    # Width and depth by area, m: the relation of all channels in the pinned project.
    reach: dict[str, Cell] = {
        "name": "hydcha1", "order": 1, "wd": 1.29 * basin.area**0.6, "dp": 0.13 * basin.area**0.4,
        "slp": CHANNEL_SLOPE, "len": CHANNEL_LENGTH, "mann": 0.05, "k": 1.0, "erod_fact": 0.01,
        "cov_fact": 0.005, "sinu": 1.05, "eq_slp": 0.001, "d50": 12.0, "clay": 50.0,
        "carbon": 0.04, "dry_bd": 1.0, "side_slp": 0.5, "bankfull_flo": 0.5, "fps": 1e-5,
        "fpn": 0.1, "n_conc": 0.0, "p_conc": 0.0, "p_bio": 0.0,
    }  # fmt: skip
    write_table(folder / "hyd-sed-lte.cha", [reach])


def _aquifer(folder: Path) -> None:
    aquifer: dict[str, Cell] = {
        "id": 1, "name": "aqu1", "init": "initaqu1", "gw_flo": 0.05, "dep_bot": 10.0,
        "dep_wt": 3.0, "no3_n": 0.0, "sol_p": 0.0, "carbon": 0.5, "flo_dist": 50.0,
        "bf_max": 1.0, "alpha_bf": 0.05, "revap": 0.02, "rchg_dp": 0.05, "spec_yld": 0.05,
        "hl_no3n": 30.0, "flo_min": 3.0, "revap_min": 5.0,
    }  # fmt: skip
    write_table(folder / "aquifer.aqu", [aquifer])
