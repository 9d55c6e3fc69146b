"""A SWAT+ project (rev. 61) of one basin, written from its daily weather and a few numbers.

Lumped: the whole basin is one hydrological response unit. Nothing is fitted. Potential
evapotranspiration is Priestley and Taylor's, the method of SWAT+ that needs radiation and
temperature but no wind.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from hydrotl.process_based.swat.basin import Basin
from hydrotl.process_based.swat.landscape import write_landscape
from hydrotl.process_based.swat.tables import Cell, write_lines, write_table
from hydrotl.process_based.swat.weather import DAILY, write_weather
from hydrotl_core.errors import ConfigError, DataError

#: Default tables, taken as they are from the folder of the databases.
_TABLES = """
bmpuser.str cal_parms.cal chem_app.ops cntable.lum cons_practice.lum fertilizer.frt
filterstrip.str fire.ops grassedww.str graze.ops harv.ops initial.aqu initial.cha irr.ops
landuse.lum lum.dtl nutrients.cha nutrients.sol om_water.ini ovn_table.lum parameters.bsn
pesticide.pes plant.ini plants.plt septic.sep septic.str snow.sno soil_plant.ini sweep.ops
tiledrain.str tillage.til urban.urb
"""
DATABASES = tuple(_TABLES.split())

#: Table of the model's options, taken from the databases with the entries of ``OPTIONS``.
CODES = "codes.bsn"

#: Potential evapotranspiration: 0 Priestley-Taylor, 1 Penman-Monteith, 2 Hargreaves.
OPTIONS = {"pet": "0"}

#: Files of each group of ``file.cio`` in the order SWAT+ reads them; ``null`` is none.
_GROUPS = """
simulation    time.sim print.prt null object.cnt null
basin         codes.bsn parameters.bsn
climate       weather-sta.cli weather-wgn.cli null pcp.cli tmp.cli slr.cli hmd.cli null null
connect       hru.con null rout_unit.con null aquifer.con 7*null chandeg.con
channel       initial.cha 3*null nutrients.cha channel-lte.cha hyd-sed-lte.cha null
reservoir     8*null
routing_unit  rout_unit.def rout_unit.ele rout_unit.rtu null
hru           hru-data.hru null
exco          6*null
recall        null
dr            6*null
aquifer       initial.aqu aquifer.aqu
herd          3*null
water_rights  3*null
link          2*null
hydrology     hydrology.hyd topography.hyd field.fld
structural    tiledrain.str septic.str filterstrip.str grassedww.str bmpuser.str
hru_parm_db   plants.plt fertilizer.frt tillage.til pesticide.pes 3*null urban.urb septic.sep +
              snow.sno
ops           harv.ops graze.ops irr.ops chem_app.ops fire.ops sweep.ops
lum           landuse.lum null cntable.lum cons_practice.lum ovn_table.lum
chg           cal_parms.cal 8*null
init          plant.ini soil_plant.ini om_water.ini 8*null
soils         soils.sol nutrients.sol null
decision_table lum.dtl 3*null
regions       ls_unit.ele ls_unit.def 6*null aqu_catunit.ele 8*null
pcp_path      null
tmp_path      null
slr_path      null
hmd_path      null
wnd_path      null
"""

#: Kinds of objects counted in ``object.cnt``, in its order.
_KINDS = """
hru lhru rtu gwfl aqu cha res rec exco dlr can pmp out lcha aqu2d hrd wro
"""
_PRESENT = ("hru", "rtu", "aqu", "lcha")

#: What SWAT+ can print, in the order of ``print.prt``.
_PRINTED = """
basin_wb basin_nb basin_ls basin_pw basin_aqu basin_res basin_cha basin_sd_cha basin_psc region_wb
region_nb region_ls region_pw region_aqu region_res region_sd_cha region_psc water_allo lsunit_wb
lsunit_nb lsunit_ls lsunit_pw hru_wb hru_nb hru_ls hru_pw hru-lte_wb hru-lte_nb hru-lte_ls
hru-lte_pw channel channel_sd aquifer reservoir recall hyd ru pest basin_salt hru_salt ru_salt
aqu_salt channel_salt res_salt wetland_salt basin_cs hru_cs ru_cs aqu_cs channel_cs res_cs
wetland_cs
"""


def write_project(folder: Path, basin: Basin, weather: pd.DataFrame, databases: Path) -> None:
    """Write a complete project that prints the channel's flow of every day.

    Parameters
    ----------
    folder
        Folder to fill (``TxtInOut``); created if absent.
    basin
        Area, latitude, elevation and slope.
    weather
        Daily record without gaps, see ``weather.write_weather``; it is run
        from its first to its last day.
    databases
        Folder with the default tables (:mod:`hydrotl.process_based.swat.fetch`).

    Raises
    ------
    DataError
        If the record lacks a column, a day or a value.
    ConfigError
        If a default table is absent.
    """
    check_weather(weather, basin)
    absent = [name for name in (*DATABASES, CODES) if not (databases / name).is_file()]
    if absent:
        raise ConfigError(
            f"{databases} lacks SWAT+ tables ({', '.join(absent)}): run `hydrotl swat-fetch`"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in DATABASES:
        shutil.copyfile(databases / name, folder / name)
    _write_codes(databases / CODES, folder / CODES)
    write_weather(folder, weather, basin)
    write_landscape(folder, basin)
    write_lines(folder / "file.cio", _groups())
    days = pd.DatetimeIndex(weather.index)
    span: dict[str, Cell] = {
        "day_start": int(days[0].day_of_year), "yrc_start": int(days[0].year),
        "day_end": int(days[-1].day_of_year), "yrc_end": int(days[-1].year), "step": 0,
    }  # fmt: skip
    write_table(folder / "time.sim", [span])
    counts: dict[str, Cell] = {kind: int(kind in _PRESENT) for kind in _KINDS.split()}
    whole: dict[str, Cell] = {"name": "lumped", "ls_area": basin.hectares}
    whole |= {"tot_area": basin.hectares, "obj": len(_PRESENT)}
    write_table(folder / "object.cnt", [whole | counts])
    _write_print(folder / "print.prt")


def check_weather(weather: pd.DataFrame, basin: Basin) -> None:
    """Raise DataError unless the record has every column, day and value, in order."""
    columns = [column for group in DAILY.values() for column in group]
    lacking = [column for column in columns if column not in weather]
    if lacking:
        raise DataError(f"basin {basin.name}: the weather record lacks {', '.join(lacking)}")
    days = pd.DatetimeIndex(weather.index)
    if not len(days) or not days.equals(pd.date_range(days[0], days[-1], freq="D")):
        raise DataError(f"basin {basin.name}: the weather record does not have every day once")
    gaps = [column for column in columns if weather[column].isna().any()]
    if gaps:
        raise DataError(f"basin {basin.name}: the weather record has gaps in {', '.join(gaps)}")


def _groups() -> list[list[str]]:
    lines = []
    for line in _GROUPS.replace("+\n", " ").strip().splitlines():
        name, *files = line.split()
        cells = [name]
        for entry in files:
            times, _, file = entry.rpartition("*")
            cells += [file] * int(times or 1)
        lines.append(cells)
    return lines


def _write_codes(default: Path, path: Path) -> None:
    _, head, row, *_ = default.read_text(encoding="utf-8").splitlines()
    values = dict(zip(head.split(), row.split(), strict=False)) | OPTIONS
    write_lines(path, [list(values), list(values.values())])


def _write_print(path: Path) -> None:
    lines = [
        ["nyskip", "day_start", "yrc_start", "day_end", "yrc_end", "interval"],
        ["0", "0", "0", "0", "0", "1"],
        ["aa_int_cnt"],
        ["0"],
        ["csvout", "dbout", "cdfout"],
        ["n", "n", "n"],
        ["crop_yld", "mgtout", "hydcon", "fdcout"],
        ["n", "n", "n", "n"],
        ["objects", "daily", "monthly", "yearly", "avann"],
    ]
    flags = (
        [name, "y" if name == "channel_sd" else "n", "n", "n", "n"] for name in _PRINTED.split()
    )
    write_lines(path, [*lines, *flags])
