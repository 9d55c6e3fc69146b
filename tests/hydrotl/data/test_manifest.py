"""The schema of the manifest, and what the project's own manifest says."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from hydrotl.data.canonical import UNITS
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Dataset, Manifest, load_manifest, own_dataset
from hydrotl.data.readers import load_reader
from hydrotl.data.units import convert
from hydrotl_core.errors import ConfigError

KEYS = {
    "camels_us_nldas", "camels_us_maurer", "camels_us_daymet", "camels_gb", "camels_cl",
    "camels_cl_explorer", "china_mr", "camels_ind", "sample", "camels_us_packed",
    "camels_gb_packed", "ind_csv", "cl_csv", "min_river", "own",
}  # fmt: skip

VALID = """\
version: 1
datasets:
  rivers:
    title: Rivers
    country: Nowhere
    landing_page: https://example.org
    licence: CC0
    citation: [A paper]
    access: open
    files:
      - {name: a.zip, url: "https://example.org/a.zip", unpack: zip}
    folder: rivers
    reader: generic
    variables:
      prcp: {native: p, units: mm/day}
      streamflow: {native: q, units: m3/s}
    attributes: {area: area_km2}
    protocol:
      multi-year: {train: [2000-01-01, 2005-01-01], test: [2005-01-01, 2010-01-01]}
    screens:
      paper: {max_missing: 0.2, start: 2000-01-01, end: 2010-01-01, latitude: [-42, -38]}
"""


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest()


def write(folder: Path, text: str) -> Path:
    path = folder / "data_manifest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_valid_manifest_loads(tmp_path: Path) -> None:
    rivers = load_manifest(write(tmp_path, VALID))["rivers"]
    assert rivers.forcings == ["prcp"]
    assert rivers.protocol["multi-year"].train.days == 1827  # five years, one leap day more
    assert rivers.screens["paper"].days == 3653


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    reader: generic", "    reader: generic\n    colour: blue", "datasets.rivers.colour"),
        ("prcp: {native: p,", "rain: {native: p,", r"variables\.rain.*not a canonical variable"),
        (
            "    reader: generic",
            "    reader: generic\n    missing: [-99, true]",
            "true is no number",
        ),
        ("    licence: CC0\n", "", "datasets.rivers.licence: Field required"),
        ("    title: Rivers", "    title: ' '", "datasets.rivers.title"),
        ("version: 1", "version: 2", "version"),
        ("unpack: zip", "unpack: rar", "files.0.unpack"),
        ("unpack: zip", "unpack: zip, sha256: abc", "files.0.sha256"),
        ("unpack: zip", f"unpack: zip, sha256: {'A' * 64}", "files.0.sha256"),
        ("unpack: zip", "unpack: zip, into: ../up", r"files\.0\.into.*without '\.\.'"),
        ("unpack: zip", "unpack: zip, root: /etc", "files.0.root"),
        ("name: a.zip", "name: ../a.zip", "files.0.name"),
        ('"https://example.org/a.zip"', '"ftp://example.org/a.zip"', "files.0.url"),
        (', url: "https://example.org/a.zip"', "", "needs files, each with a url"),
        ("access: open", "access: registration", "needs an access_note"),
        ("access: open", "access: package", "access_note"),
        ("folder: rivers", "folder: ../rivers", r"without '\.\.'"),
        ("folder: rivers", "folder: /rivers", "relative path"),
        ("    landing_page: https://example.org\n", "", "needs landing_page"),
        ("train: [2000-01-01, 2005-01-01]", "train: [2005-01-01, 2000-01-01]", "not before its"),
        ("train: [2000-01-01, 2005-01-01]", "train: [2000-01-01, 2005-01-02]", "overlap"),
        ("train: [2000-01-01, 2005-01-01]", "train: [2000-01-01]", "protocol.multi-year.train"),
        ("train: [2000-01-01, 2005-01-01]", "train: [2000-13-01, 2005-01-01]", "is not a date"),
        ("start: 2000-01-01, end: 2010", "start: 2010-01-01, end: 2010", "not before its end"),
        ("max_missing: 0.2", "max_missing: 20", "screens.paper.max_missing"),
        ("latitude: [-42, -38]", "latitude: [-38, -42]", r"\[south, north\]"),
        ("{area: area_km2}", "{area: h, elevation: h}", "column 'h' cannot be area and elevation"),
        ("{area: area_km2}", "{area: a, table_s1: [a, b, a]}", "attributes.table_s1.*listed twice"),
        ("  rivers:", "  My Rivers:", "datasets.My Rivers"),
        ("    variables:\n      prcp: {native: p, units: mm/day}\n"
         "      streamflow: {native: q, units: m3/s}", "    variables: {}", "rivers.variables"),
    ],
)  # fmt: skip
def test_errors_name_file_key_and_reason(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in VALID
    path = write(tmp_path, VALID.replace(old, new))
    with pytest.raises(ConfigError, match=said) as caught:
        load_manifest(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VALID + "  rivers: {}\n", r"(?s)'rivers' occurs twice.*line 22"),
        (VALID.replace("    title: Rivers", "    title: A\n    title: B"), "'title' occurs twice"),
        ("version: [1", "not valid YAML"),
        ("version: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("- a list", "not a valid Manifest"),
        ("", "not a valid Manifest"),
        ("? [a, b]\n: 1\n", "not valid YAML"),
    ],
)
def test_damaged_yaml(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as caught:
        load_manifest(path)
    assert str(path) in str(caught.value)


def test_absent_or_binary_manifest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_manifest(tmp_path / "absent.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_manifest(tmp_path / "binary.yaml")


def test_merge_keys_may_be_overridden(tmp_path: Path) -> None:
    text = VALID.replace("  rivers:", "  rivers: &base", 1)
    path = write(tmp_path, text + "  lakes:\n    <<: *base\n    title: Lakes\n")
    loaded = load_manifest(path)
    assert loaded["lakes"].title == "Lakes"
    assert loaded["lakes"].variables == loaded["rivers"].variables


def test_unknown_data_set_lists_the_known(manifest: Manifest) -> None:
    with pytest.raises(ConfigError, match=r"no data set 'camels'.*camels_us_nldas"):
        manifest["camels"]


def test_project_manifest_has_every_data_set(manifest: Manifest) -> None:
    assert set(manifest.datasets) == KEYS


@pytest.mark.parametrize("key", sorted(KEYS))
def test_entry_is_usable(manifest: Manifest, key: str) -> None:
    entry = manifest[key]
    load_reader(entry)
    for name, variable in entry.variables.items():
        assert np.isfinite(convert(np.ones(1), variable.units, UNITS[name], area_km2=1.0)).all()
    assert "prcp" in entry.variables
    assert "streamflow" in entry.variables
    if key != "own":
        assert entry.citation
        assert entry.protocol
    if any(v.units in ("m3/s", "ft3/s") for v in entry.variables.values()):
        assert entry.attributes.area


def test_native_units_mean_what_they_say(manifest: Manifest) -> None:
    sun = manifest["china_mr"].variables["srad"]
    assert convert(np.array([8.64]), sun.units, "W/m2")[0] == pytest.approx(100.0)
    flow = manifest["camels_us_nldas"].variables["streamflow"]
    # 1 cubic foot (0.0283168 m3) a second over 1 km2 is 2.44658 mm a day.
    depth = convert(np.ones(1), flow.units, "mm/day", area_km2=1.0)
    assert depth[0] == pytest.approx(2.44658, rel=1e-5)


@pytest.mark.parametrize(
    ("key", "count", "first", "last", "from_flow"),
    [
        ("camels_us_nldas", 26, "elev_mean", "low_prec_dur", set()),
        (
            "camels_gb", 39, "p_mean", "elev_min",
            {"q_mean", "runoff_ratio", "stream_elas", "baseflow_index", "Q5", "Q95"},
        ),
        (
            "camels_cl", 46, "area", "interv_degree",
            {
                "q_mean", "runoff_ratio_cr2met", "stream_elas_cr2met", "slope_fdc",
                "baseflow_index", "hfd_mean", "Q95", "Q5", "high_q_freq", "high_q_dur",
                "low_q_freq", "low_q_dur", "zero_q_freq", "interv_degree",
            },
        ),
        # 5 + 3 slopes + 11 land uses + 5 landscape metrics
        ("china_mr", 24, "area", "simpson_diversity", set()),
    ],
)  # fmt: skip
def test_table_s1(
    manifest: Manifest, key: str, count: int, first: str, last: str, from_flow: set[str]
) -> None:
    attributes = manifest[key].attributes
    assert len(attributes.table_s1) == count
    assert (attributes.table_s1[0], attributes.table_s1[-1]) == (first, last)
    assert set(attributes.table_s1) & set(attributes.uses_flow) == from_flow


def test_forcing_of_table_s1(manifest: Manifest) -> None:
    def natives(key: str, *names: str) -> list[str]:
        return [manifest[key].variables[name].native for name in names]

    assert natives("camels_gb", "prcp", "tmean", "humidity", "srad", "lrad", "wind") == [
        "precipitation", "temperature", "humidity", "shortwave_rad", "longwave_rad", "windspeed"
    ]  # fmt: skip
    assert natives("camels_cl", "prcp", "tmax", "tmin", "pet_modis") == [
        "precip_cr2met", "tmax_cr2met", "tmin_cr2met", "pet_8d_modis"
    ]  # fmt: skip
    assert manifest["china_mr"].forcings == ["prcp", "srad", "tmax", "tmin"]
    assert manifest["camels_us_nldas"].forcings[:6] == [
        "prcp", "srad", "tmax", "tmin", "vp", "dayl"
    ]  # fmt: skip


PERIODS = {
    "china_mr": (("2009-01-01", "2013-01-01"), ("2009-01-01", "2010-01-01"),
                 ("2013-01-01", "2016-01-01")),
    "camels_cl": (("2000-01-01", "2005-01-01"), ("2004-01-01", "2005-01-01"),
                  ("2005-01-01", "2010-01-01")),
    "camels_gb": (("2000-01-01", "2005-01-01"), ("2004-01-01", "2005-01-01"),
                  ("2005-01-01", "2010-01-01")),
    "ind_csv": (("2003-01-01", "2007-01-01"), ("2003-01-01", "2004-01-01"),
                ("2007-01-01", "2010-01-01")),
    "min_river": (("2014-10-01", "2018-10-01"), ("2017-10-01", "2018-10-01"),
                  ("2018-10-01", "2021-01-01")),
}  # fmt: skip


@pytest.mark.parametrize("key", PERIODS)
def test_periods(manifest: Manifest, key: str) -> None:
    many, one, test = PERIODS[key]
    for setting, train in (("multi-year", many), ("1-year", one)):
        protocol = manifest[key].protocol[setting]
        assert (str(protocol.train.start), str(protocol.train.end)) == train
        assert (str(protocol.test.start), str(protocol.test.end)) == test


def test_packed_copies_share_periods_and_screens_with_the_originals(manifest: Manifest) -> None:
    for copy, original in (("camels_gb_packed", "camels_gb"), ("cl_csv", "camels_cl")):
        assert manifest[copy].protocol == manifest[original].protocol
    assert manifest["camels_gb_packed"].screens == manifest["camels_gb"].screens
    screen = manifest["camels_cl"].screens["paper"]
    assert list(screen.latitude or ()) == [-42, -38]
    assert screen.max_missing == 0.2
    assert screen.days == 3653
    check = manifest["camels_us_packed"].protocol["check"]
    assert [str(day) for day in (check.train.start, check.train.end, check.test.end)] == [
        "1985-10-01", "1995-10-01", "2005-10-01"
    ]  # fmt: skip


def test_files_come_from_their_publishers_over_https(manifest: Manifest) -> None:
    hosts = {
        str(file.url).split("/")[2]
        for entry in manifest.datasets.values()
        for file in entry.files
        if file.url
    }
    assert hosts == {"zenodo.org", "www.hydroshare.org", "store.pangaea.de"}
    assert all(
        str(file.url).startswith("https://")
        for entry in manifest.datasets.values()
        for file in entry.files
        if file.url
    )


def test_sample_periods_lie_inside_the_records(manifest: Manifest) -> None:
    pytest.importorskip("lumod", reason="data: the package lumod is not installed")
    ds = open_dataset("sample", manifest=manifest)
    for setting in ("multi-year", "1-year"):
        protocol = manifest["sample"].protocol[setting]
        assert set(protocol.per_basin) == {"tamaulipas", "sarapiqui", "girnock"}
        for basin, own in protocol.per_basin.items():
            for period in (own.train, own.test):
                end = pd.Timestamp(period.end) - pd.Timedelta(1, "D")
                days = ds.sel(basin=basin, time=slice(str(period.start), end))
                assert days.sizes["time"] == period.days >= 365
                assert bool(np.isfinite(days["streamflow"]).all())


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("camels_us_packed", "camels_us_attributes.csv"),
        ("camels_gb_packed", "camels_gb_attributes.csv"),
        ("ind_csv", "camels_ind/attributes.csv"),
    ],
)
def test_attributes_exist_in_the_published_tables(
    manifest: Manifest, real_data: Any, key: str, table: str
) -> None:
    columns = set(pd.read_csv(real_data(table), nrows=1).columns)
    a = manifest[key].attributes
    roles = {a.id_column, a.area, a.latitude, a.longitude}
    assert (roles | set(a.table_s1) | set(a.uses_flow)) <= columns


def test_own_dataset_is_read_with_its_units(tmp_path: Path) -> None:
    (tmp_path / "creek.csv").write_text("date,rain,Q\n2020-01-01,1.5,2.0\n2020-01-02,-9,4.0\n")
    (tmp_path / "about.csv").write_text("gauge_id,km2\ncreek,86.4\n")
    dataset = own_dataset(
        tmp_path,
        {"prcp": ("rain", "mm/day"), "streamflow": ("Q", "m3/s")},
        options={"attributes": "about.csv"},
        missing=[-9],
        attributes={"area": "km2"},
    )
    manifest = Manifest(version=1, datasets={"creek": dataset})
    ds = open_dataset("creek", manifest=manifest)
    # 1 m3/s over 86.4 km2 is 1 mm/day.
    np.testing.assert_allclose(ds["streamflow"].values, [[2.0, 4.0]], rtol=1e-6)
    np.testing.assert_allclose(ds["prcp"].values, [[1.5, np.nan]])


def test_own_dataset_refuses_what_is_not_canonical(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"rain.*not a canonical variable"):
        own_dataset(tmp_path, {"rain": ("rain", "mm/day")})


def test_own_dataset_folder_does_not_depend_on_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert own_dataset("here", {"prcp": ("p", "mm/day")}).folder == str(tmp_path / "here")


def test_entry_survives_a_round_trip_through_yaml(manifest: Manifest) -> None:
    for entry in manifest.datasets.values():
        text = yaml.safe_dump(entry.model_dump(mode="json"))
        assert Dataset.model_validate(yaml.safe_load(text)) == entry
