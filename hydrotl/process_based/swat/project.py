"""A SWAT+ project (rev. 61) of one basin, written from its daily weather and a few numbers.

Lumped: the whole basin is one hydrological response unit. Nothing is fitted. Potential
evapotranspiration is Priestley and Taylor's, SWAT+'s method that needs radiation and temperature
but no wind.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from hydrotl.process_based.swat.inputs import Basin
from hydrotl.process_based.swat.landscape import Lines, landscape_files, parse_tables
from hydrotl.process_based.swat.weather import DAILY, weather_files
from hydrotl_core.errors import ConfigError

#: Default tables, copied as they are.
_TABLES = """
bmpuser.str cal_parms.cal chem_app.ops cntable.lum cons_practice.lum fertilizer.frt
filterstrip.str fire.ops grassedww.str graze.ops harv.ops initial.aqu initial.cha irr.ops
landuse.lum lum.dtl nutrients.cha nutrients.sol om_water.ini ovn_table.lum parameters.bsn
pesticide.pes plant.ini plants.plt septic.sep septic.str snow.sno soil_plant.ini sweep.ops
tiledrain.str tillage.til urban.urb
"""
DATABASES = tuple(_TABLES.split())

#: Default table of the model's options, in which ``OPTIONS`` are replaced.
CODES = "codes.bsn"

#: Potential evapotranspiration: 0 Priestley-Taylor, 1 Penman-Monteith, 2 Hargreaves.
OPTIONS = {"pet": "0"}

#: What SWAT+ can print, in the order of ``print.prt``.
_PRINTED = """
basin_wb basin_nb basin_ls basin_pw basin_aqu basin_res basin_cha basin_sd_cha basin_psc region_wb
region_nb region_ls region_pw region_aqu region_res region_sd_cha region_psc water_allo lsunit_wb
lsunit_nb lsunit_ls lsunit_pw hru_wb hru_nb hru_ls hru_pw hru-lte_wb hru-lte_nb hru-lte_ls
hru-lte_pw channel channel_sd aquifer reservoir recall hyd ru pest basin_salt hru_salt ru_salt
aqu_salt channel_salt res_salt wetland_salt basin_cs hru_cs ru_cs aqu_cs channel_cs res_cs
wetland_cs
"""

#: Files of each group in the order SWAT+ reads them; ``null`` is none.
_FILE_CIO = """
file.cio
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
hru_parm_db   plants.plt fertilizer.frt tillage.til pesticide.pes 3*null urban.urb septic.sep
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


def write_project(folder: Path, basin: Basin, weather: pd.DataFrame, databases: Path) -> None:
    """Write a complete project that prints the channel's flow of every day to ``folder``.

    Parameters
    ----------
    weather
        Daily record without gaps (:func:`hydrotl.process_based.swat.weather.weather_files`); the
        run is from its first to its last day.
    databases
        Folder with the default tables (:mod:`hydrotl.process_based.swat.installation`).

    Raises
    ------
    DataError
        If the record lacks a column, a day or a value.
    ConfigError
        If a default table is missing.
    """
    files = weather_files(weather, basin) | landscape_files(basin)
    files |= _control_files(basin, pd.DatetimeIndex(weather.index))
    missing = [name for name in (*DATABASES, CODES) if not (databases / name).is_file()]
    if missing:
        raise ConfigError(
            f"{databases} lacks SWAT+ tables ({', '.join(missing)}): run `hydrotl swat-fetch`"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in DATABASES:
        shutil.copyfile(databases / name, folder / name)
    _, columns, row, *_ = (databases / CODES).read_text(encoding="utf-8").splitlines()
    options = dict(zip(columns.split(), row.split(), strict=False)) | OPTIONS
    files[CODES] = [list(options), list(options.values())]
    for name, lines in files.items():
        body = "\n".join("  ".join(f"{cell:>12}" for cell in line).rstrip() for line in lines)
        (folder / name).write_text(f"{name}: written by hydrotl\n{body}\n", encoding="utf-8")


def _control_files(basin: Basin, days: pd.DatetimeIndex) -> dict[str, Lines]:
    """Files that say what is simulated, from which weather files, and what is printed."""
    first, last, hectares = days[0], days[-1], 100 * basin.area
    daily = " ".join(f"{extension}=station.{extension}" for extension in DAILY)
    lists = "\n\n".join(f"{e}.cli\nfilename\nstation.{e}" for e in DAILY)
    flags = "\n".join(
        f"{name} {'y' if name == 'channel_sd' else 'n'} n n n" for name in _PRINTED.split()
    )
    return parse_tables(_FILE_CIO) | parse_tables(f"""
time.sim
day_start={first.day_of_year} yrc_start={first.year} day_end={last.day_of_year} yrc_end={last.year}
 step=0

object.cnt
name=lumped ls_area={hectares} tot_area={hectares} obj=4 hru=1 lhru=0 rtu=1 gwfl=0 aqu=1 cha=0 res=0
 rec=0 exco=0 dlr=0 can=0 pmp=0 out=0 lcha=1 aqu2d=0 hrd=0 wro=0

weather-sta.cli
name=station wgn=generator {daily} wnd=sim pet=null atmo_dep=null

{lists}

print.prt
nyskip day_start yrc_start day_end yrc_end interval
0 0 0 0 0 1
aa_int_cnt
0
csvout dbout cdfout
n n n
crop_yld mgtout hydcon fdcout
n n n n
objects daily monthly yearly avann
{flags}
""")
