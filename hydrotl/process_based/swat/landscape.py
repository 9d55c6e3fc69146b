"""The place of a lumped SWAT+ project: one HRU, its routing unit, one aquifer and one channel.

Water goes from the HRU through the routing unit to the channel; percolation goes to the aquifer and
from there to the channel. The land is the forest of the pinned project (``frst_lum``) on loam.
Values are the defaults that the SWAT+ editor wrote into that project, except those named here.
Soil group, land use, the wet curve number and the short channel were chosen among defaults by the
scores of twelve gauged basins of CAMELS-US (1996-2005), not by those of a target region.
"""

from __future__ import annotations

from hydrotl.process_based.swat.inputs import Basin

#: Lines of words: what SWAT+ reads of a file, in free format, after its title line.
Lines = list[list[str]]

#: Loam: bulk density g/cm3, available water, saturated conductivity mm/h of the texture class in
#: Saxton and Rawls (2006, doi:10.2136/sssaj2005.0117, Table 3).
LOAM = "1.43 0.14 15.5"

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

#: Length of the channel, km. All water enters at its upper end. With the length of a large basin's
#: main channel, the flow would come weeks late; so routing is left out.
CHANNEL_LENGTH = 1.0
CHANNEL_SLOPE = 0.01

#: Slope below which hillslopes have a length, m: the classes of the SWAT+ editor, as they appear in
#: the 771 units of the pinned project.
_HILLSLOPES = ((0.01, 121.0), (0.03, 90.0), (0.05, 60.0), (0.08, 30.0), (float("inf"), 10.0))


def parse_tables(text: str) -> dict[str, Lines]:
    """Files of a SWAT+ project from a text with a paragraph per file.

    A paragraph begins with the file's name. Each further line is a line of the file, continued
    where the next one is indented: either words as they are (``3*null`` is three), or a table's row
    in the form ``column=value``, whose columns become the line before the first row. A number that
    is not whole is written with five decimals, as the SWAT+ editor does.
    """
    files: dict[str, Lines] = {}
    for paragraph in text.strip().split("\n\n"):
        name, *rows = paragraph.replace("\n ", " ").splitlines()
        lines: Lines = []
        for row in rows:
            words = row.split()
            if "=" in row:
                columns, words = map(list, zip(*(w.split("=") for w in words), strict=True))
                if not lines:
                    lines.append(columns)
            lines.append([cell for word in words for cell in _cells(word)])
        files[name] = lines
    return files


def _cells(word: str) -> list[str]:
    times, star, value = word.partition("*")
    if star:
        return [value] * int(times)
    try:
        return [word if word.lstrip("-").isdigit() else f"{float(word):.5f}"]
    except ValueError:
        return [word]


def landscape_files(basin: Basin) -> dict[str, Lines]:
    """All files of the place."""
    hectares = 100 * basin.area
    place = f"gis_id=1 area={hectares} lat={basin.latitude} lon=0.0 elev={basin.elevation}"
    rest = "wst=station cst=0 ovfl=0 rule=0"
    hillslope = next(length for limit, length in _HILLSLOPES if basin.slope < limit)
    shape = f"slp={basin.slope} slp_len={hillslope} lat_len={hillslope} dist_cha=121.0 depos=0.0"
    # The basin is its only region (ls_unit, aqu_catunit): without one, SWAT+ has no totals and
    # stops. Width and depth of the channel follow all channels in the pinned project, m.
    soil = f"{LOAM} 1.45 20.0 40.0 40.0 0.0 0.15 0.3 0.0 0.0 0.0"
    return parse_tables(f"""
hru.con
id=1 name=hru1 {place} hru=1 {rest} out_tot=0

rout_unit.con
id=1 name=rtu1 {place} rtu=1 {rest} out_tot=2
 obj_typ1=sdc obj_id1=1 hyd_typ1=tot frac1=1.0 obj_typ2=aqu obj_id2=1 hyd_typ2=rhg frac2=1.0

aquifer.con
id=1 name=aqu1 {place} aqu=1 {rest} out_tot=1 obj_typ1=sdc obj_id1=1 hyd_typ1=tot frac1=1.0

chandeg.con
id=1 name=cha1 {place} lcha=1 {rest} out_tot=0

rout_unit.def
id=1 name=rtu1 elem_tot=1 elements=1

rout_unit.ele
id=1 name=hru1 obj_typ=hru obj_id=1 frac=1.0 dlr=0

rout_unit.rtu
id=1 name=rtu1 define=rtu1 dlr=null topo=toportu1 field=fld1

ls_unit.ele
id=1 name=hru1 obj_typ=hru obj_typ_no=1 bsn_frac=1.0 sub_frac=1.0 reg_frac=0.0

aqu_catunit.ele
id=1 name=aqu1 obj_typ=aqu obj_typ_no=1 bsn_frac=1.0 sub_frac=1.0 reg_frac=0.0

ls_unit.def
1
id name area elem_tot elements
1 rtu1 {hectares} 1 1

hru-data.hru
id=1 name=hru1 topo=topohru1 hydro=hyd1 soil=loam lu_mgt=frst_lum soil_plant_init=soilplant1
 surf_stor=null snow=snow001 field=null

topography.hyd
name=topohru1 {shape}
name=toportu1 {shape}

hydrology.hyd
name=hyd1 lat_ttime=0.0 lat_sed=0.0 can_max=1.0 esco=0.95 epco=0.5 orgn_enrich=0.0 orgp_enrich=0.0
 cn3_swf={WET_CURVE_NUMBER} bio_mix=0.2 perco={PERCOLATION} lat_orgn=0.0 lat_orgp=0.0 pet_co=1.0
 latq_co=0.01

field.fld
name=fld1 len=500.0 wd=100.0 ang=30.0

soils.sol
name nly hyd_grp dp_tot anion_excl perc_crk texture
 dp bd awc soil_k carbon clay silt sand rock alb usle_k ec caco3 ph
loam {len(LAYERS)} {SOIL_GROUP} {LAYERS[-1]} 0.5 0.5 loam
{LAYERS[0]} {soil}
{LAYERS[1]} {soil}

channel-lte.cha
id=1 name=cha1 cha_ini=initcha1 cha_hyd=hydcha1 cha_sed=null cha_nut=nutcha1

hyd-sed-lte.cha
name=hydcha1 order=1 wd={1.29 * basin.area**0.6} dp={0.13 * basin.area**0.4} slp={CHANNEL_SLOPE}
 len={CHANNEL_LENGTH} mann=0.05 k=1.0 erod_fact=0.01 cov_fact=0.005 sinu=1.05 eq_slp=0.001 d50=12.0
 clay=50.0 carbon=0.04 dry_bd=1.0 side_slp=0.5 bankfull_flo=0.5 fps=0.00001 fpn=0.1 n_conc=0.0
 p_conc=0.0 p_bio=0.0

aquifer.aqu
id=1 name=aqu1 init=initaqu1 gw_flo=0.05 dep_bot=10.0 dep_wt=3.0 no3_n=0.0 sol_p=0.0 carbon=0.5
 flo_dist=50.0 bf_max=1.0 alpha_bf=0.05 revap=0.02 rchg_dp=0.05 spec_yld=0.05 hl_no3n=30.0
 flo_min=3.0 revap_min=5.0
""")
