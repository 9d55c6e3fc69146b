"""Names of flow signatures in published tables and in tables of one's own."""

import pytest

from hydrotl.data.manifest import load_manifest
from hydrotl.data.signatures import is_long_term, is_of_flow
from tests.synthetic import ROOT

# The hydrological signatures as their publishers spell them.
PUBLISHED = {
    "US and BR": "q_mean runoff_ratio stream_elas slope_fdc baseflow_index hfd_mean Q5 Q95 q5 q95 "
    "high_q_freq high_q_dur high_q_timing low_q_freq low_q_dur low_q_timing zero_q_freq",
    "GB": "baseflow_index_ceh q5_uncert_upper q99_uncert_lower",
    "CL": "runoff_ratio_cr2met stream_elas_mswep q_mean_1979_2010 Q95_1979_2010 IAI_Q "
    "interv_degree",
    "IND": "streamflow_elas bfi q_cv q_10 q_zero q_low_days freq_q_high annual_q mean_anum_flow "
    "cen_time gini_flow annual_max_7day annual_min_7day month_1day_max doy_max_flow_7 "
    "mean_jan_flow cv_dec_flow q_95_swmn rise_rate_mean fall_days num_hyd_alt reservoir_index",
    "AUS": "q_uncert_q10 runoff_ratio high_q_freq sdr_Q hfd_mean",
    "CH and DE": "q_mean runoff_ratio half_flow_date_mean Q_5 Q_95",
    "HydroATLAS": "dis_m3_pyr run_mm_syr",
    "own tables": "Qmean QMEAN mean_flow meanFlow MeanFlow Mean_Discharge MQ mean_annual_flood "
    "runoff_coefficient specific_discharge Q90(mm/d) BFI water_yield peak_flow debit_moyen "
    "peakFlowQ streamflow discharge.mean qobs flow_std elasticity low-flow-index rr_ratio",
    "written as one": "meanrunoff flowmean dischargemean streamflowmean avgdischarge runoffcoeff "
    "lowflows fdcslope slopefdc Qm Qaverage qdepth",
    "short forms": "mean_dis dis_mean disch_avg ro_ratio flashiness flashiness_index RBI rb_index "
    "HQ100 HQ MQ NQ cms_mean mean_cfs peak_m3s recession_k recession_constant",
    "other languages": "portata_media gasto_medio caudal_medio debit_moyen vazao_media afvoer "
    "abfluss Abfluss_Mittel mittlerer_abfluss",
}


@pytest.mark.parametrize("family", PUBLISHED)
def test_signatures_are_known_in_every_spelling(family: str) -> None:
    missed = [name for name in PUBLISHED[family].split() if not is_of_flow(name)]
    assert missed == []


def test_other_attributes_are_not_taken_for_flow() -> None:
    names = (
        "area elev_mean slope_mean p_mean aridity high_prec_freq low_prec_dur frac_snow lai_max "
    )
    names += "lai_max sand_perc soil_depth quartz aquifer_perc discharges surfacewater_abs dpsbar "
    names += "flow_accumulation flow_length sur_rights_flow gw_rights_flow_m3s overflow_frac "
    names += "runoff_curve_number flood_frac flooded_veg_frac flow_perc_complete flow_period_start "
    names += "dis_to_coast distance_mean dissolved_max elevation_cms quartz_mean BFIHOST "
    names += "flow_availability bankslope latitude quality inter_high_perc max_high_prec_dur"
    assert [name for name in names.split() if is_of_flow(name)] == []


def test_the_manifest_lists_no_signature_that_its_name_does_not_tell() -> None:
    for name, dataset in load_manifest(ROOT / "data_manifest.yaml").datasets.items():
        missed = [a for a in dataset.attributes.uses_flow if not is_of_flow(a)]
        assert missed == [], name


def test_averages_of_weather_are_known_by_name() -> None:
    averages = "p_mean pet_mean aridity p_seasonality frac_snow high_prec_freq low_prec_timing "
    averages += "p_mean_cr2met_1979_2010 aridity_p_pet tmax_mean mean_annual_precipitation MAP"
    assert [name for name in averages.split() if not is_long_term(name)] == []
    others = "area elev_mean slope_mean lai_max soil_depth clim_prcp clim_aridity gauge_lat"
    assert [name for name in others.split() if is_long_term(name)] == []
