"""Model cards: written from the weights, and as committed."""

from pathlib import Path

import pytest

from hydrotl.book.cards import arithmetic, model_card, places
from tests.hydrotl_core.test_weights import CONFIG, make
from tests.synthetic import ROOT


def test_the_card_says_of_each_member_how_and_where_it_was_computed(tmp_path: Path) -> None:
    """A recipe in bfloat16: as it says, in float32 after all, and a file that does not tell."""
    _, card = make(tmp_path / "w.safetensors")
    lowered = CONFIG.model_copy(update={"precision": "bfloat16"})
    told = ["bfloat16", "float32", "float32", None]
    devices = ["Some GPU", "cpu", "cpu", "cpu"]
    members = [
        card.model_copy(
            update={
                "seed": seed,
                "training": lowered,
                "provenance": {"device": device, "machine": "m", "arithmetic": fmt},
            }
        )
        for seed, (fmt, device) in enumerate(zip(told, devices, strict=True))
    ]
    del members[3].provenance["arithmetic"]
    assert arithmetic(members) == (
        "bfloat16 (seed 0); float32 (seed 1, 2); bfloat16 as the recipe says, not recorded (seed 3)"
    )
    assert arithmetic(members[1:3]) == "float32"
    assert places(members) == "Some GPU, m (seed 0); cpu, m (seed 1, 2, 3)"
    assert places(members[1:]) == "cpu, m"


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "weights").iterdir()))
def test_committed_card_is_that_of_the_weights_and_the_source_check(name: str) -> None:
    folder = ROOT / "weights" / name
    written = (folder / "README.md").read_text(encoding="utf-8")
    assert written == model_card(folder), f"hydrotl card {name}"
    # The forcing's own publication, which weights of an earlier version do not carry.
    assert "doi:10.4211/hs.17c896843cf940339c3c3496d0c1c077" in written
