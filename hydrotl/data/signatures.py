"""Which attributes and columns are made of streamflow, or of years of weather, by their names.

A model that is told the mean flow or the flood quantiles of a basin knows something of its test
years, and its score says less than it seems to. Data sets of the CAMELS family share their names of
such signatures (Addor et al. 2017, doi:10.5194/hess-21-5293-2017, Table 3), with spellings of their
own; tables of one's own use the words. A name is evidence, not proof: the manifest's ``uses_flow``
adds to what is found here, ``not_flow`` takes from it.
"""

from __future__ import annotations

import re

#: Words that are of streamflow wherever they stand in a name.
_WORDS = {
    *("q", "qmean", "qmax", "qmin", "qmed", "qmedian", "qobs", "qsim", "qspec", "qstd", "qcv"),
    *("meanq", "maxq", "minq", "annualq", "mq", "mnq", "mhq", "hhq", "nnq", "maf", "mam"),
    *("flow", "flows", "streamflow", "streamflows", "discharge", "runoff", "baseflow", "quickflow"),
    *(
        "meanflow",
        "peakflow",
        "lowflow",
        "highflow",
        "outflow",
        "inflow",
        "riverflow",
        "flood",
        "floods",
    ),
    *("flood", "floods", "bfi", "fdc", "hfd", "debit", "abfluss", "caudal", "vazao", "afvoer"),
    *("portata", "gasto", "disch", "recession", "flashiness", "rbi"),
    *("qm", "hq", "nq", "qavg", "qaverage", "avgq", "qdepth", "lowflows", "highflows", "peakflows"),
}
#: Signatures whose words alone do not give them away.
_SIGNATURES = re.compile(
    r"stream_?flow_?elas|stream_?elas|elasticity|base_?flow_?index|half_?flow|rr_?(mean|ratio)"
    r"|water_?yield|specific_?(yield|discharge)|dis_m3_p|run_mm_s"  # HydroATLAS: of a model
    r"|(rise|fall)_(rate|days)|num_hyd_alt|cen_time|gini_flow|reservoir_index|interv_degree"
    r"|annual_(max|min)_\d+_?day|month_\d+_?day_(max|min)|iai_q"
    r"|(^|_)(ro_?(ratio|coeff?)|rb_index)(_|$)|fdc_?slope|slope_?fdc|abfluss_?(mittel|menge|spende)"
)
#: Words written as one, and units or short forms that are of flow beside a statistic only: cms is
#: centimetres to some, dis a distance.
_STATISTIC = r"(mean|avg|average|median|max|min|peak|std|cv|annual)"
_JOINED = re.compile(
    rf"{_STATISTIC}_?(stream|river)?(flow|runoff|discharge|disch)"
    rf"|(flow|runoff|discharge|disch)_?({_STATISTIC}|coeff?|ratio)"
    rf"|(^|_){_STATISTIC}_(dis|cms|cfs|m3_?s|cumecs?)(_|$)|(^|_)(dis|cms|cfs|m3_?s|cumecs?)_{_STATISTIC}"
)
#: What makes such a word mean something else: terrain, rights, plants of a model, gaps of a record.
_OTHER = re.compile(
    r"rights|curve|flow_?(acc|length|path|dir|dist|div|regime|period|perc|avail|start|end|complete)"
    r"|flood_?(plain|veg|frac|control)|over_?land_?flow_?dist|runoff_?(curve|class)|daystart|daynum"
)
_LONG_TERM = re.compile(
    r"(p|pet|prec|precip|prcp|ppt|rain|rainfall|precipitation|aet|evap|t|tmin|tmax|tmean|temp"
    r"|temperature|srad|wind|vp|rel_hum|hum|sm_lvl\d)(_\w+)?_(mean|max|min|anum|avg|annual|std)(_\w+)?"
    r"|(mean|avg|average)_(p|pet|precip|precipitation|rain|rainfall|temp|temperature)(_\w+)?|map|mat"
    r"|(mean_)?(annual|yearly)_(p|pet|precip|precipitation|rain|rainfall)(_\w+)?"
    r"|p_(seasonality|unif|monthly_variability|annual_variability)(_\w+)?"
    r"|aridity(_\w+)?|ai_mean|moisture_index|asynchronicity|seasonality"
    r"|frac_snow(_\w+)?|snow_fraction|(max_)?(high|low)_prec_(freq|dur|timing)(_\w+)?"
)


def words(name: str) -> list[str]:
    """Words of a name: ``meanFlow_Q95`` has ``mean``, ``flow`` and ``q``; numbers part words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", apart.lower())


def is_of_flow(name: str) -> bool:
    """Whether an attribute or a column is of streamflow by its name.

    ``BFIHOST`` is not: it is estimated from the soil, by a formula that was fitted to other gauges.
    """
    plain = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).strip("_").lower()
    if _OTHER.search(plain):
        return False
    if not _WORDS.isdisjoint(words(name)):
        return True
    return any(pattern.search(plain) for pattern in (_SIGNATURES, _JOINED))


def is_long_term(name: str) -> bool:
    """Whether an attribute is an average over years of weather by its name."""
    return _LONG_TERM.fullmatch(name.lower()) is not None
