"""What fits: against the way in which TRL deals its rows out to devices."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.batches import SIZES, Batches, Hardware, Misfit, misfits, planned

COUNTS = st.integers(1, 12)


def dealt(batches: Batches) -> list[list[int]]:
    """The prompt of every answer, device by device: each prompt `group` times, then cut in order.

    TRL repeats every prompt side by side, and accelerate gives each process the next stretch.
    """
    rows = [place // batches.group for place in range(batches.sampled)]
    return [rows[k : k + batches.local] for k in range(0, batches.sampled, batches.local)]


@given(st.integers(2, 12), COUNTS, COUNTS, st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_a_split_group_is_found_and_no_other(group, per_device, accumulation, gpus, machines):
    batches = Batches(group, per_device, accumulation, gpus, machines)
    devices = dealt(batches)
    assert len(devices) == batches.world
    whole = all(part.count(prompt) == group for part in devices for prompt in part)
    found = list(misfits(batches, ranked="some.rubric"))
    assert (not found) == whole
    assert all(misfit.fatal for misfit in found)
    even = batches.sampled % group == 0
    assert any(m.fatal for m in misfits(batches)) == (not even)


@given(st.sampled_from(SIZES), st.integers(2, 64), st.integers(1, 16), st.integers(1, 8), COUNTS)
@settings(max_examples=200, deadline=None)
def test_what_is_planned_without_a_batch_always_fits(size, group, gpus, machines, per_device):
    hardware = Hardware(gpus=gpus, machines=machines, per_device=per_device)
    found = planned(size, group, hardware)
    assert isinstance(found, Batches)
    assert not list(misfits(found, ranked="some.rubric"))
    assert (found.gpus, found.machines) == hardware.devices(size)
    assert found.step == found.sampled == found.prompts * group


@given(st.integers(1, 400), st.integers(2, 12), st.integers(1, 6), COUNTS)
@settings(max_examples=200, deadline=None)
def test_the_hint_of_a_misfit_is_one_that_fits(batch, group, gpus, per_device):
    hardware = Hardware(gpus=gpus, batch=batch, per_device=per_device)
    found = planned("node", group, hardware)
    wrong = [found] if isinstance(found, Misfit) else list(misfits(found, ranked="some.rubric"))
    for misfit in wrong:
        number = int(misfit.hint.rpartition("multiple of ")[2].partition(" ")[0])
        again = planned("node", group, dataclasses.replace(hardware, batch=number))
        assert isinstance(again, Batches)
        assert not list(misfits(again, ranked="some.rubric"))


@pytest.mark.parametrize(
    ("steps", "said", "fatal"),
    [(None, "", None), (4, "", None), (2, "", None), (8, "2 updates share", False),
     (3, "a part of one generation", True), (6, "a part of one generation", True)],
)  # fmt: skip
def test_generations_and_updates(steps, said, fatal):
    batches = Batches(group=2, per_device=2, accumulation=4, per_generation=steps)
    found = list(misfits(batches))
    assert [misfit.fatal for misfit in found] == ([] if fatal is None else [fatal])
    assert all(said in str(misfit) for misfit in found)


def test_a_group_of_one_has_no_advantage():
    assert [m.fatal for m in misfits(Batches(group=1, per_device=4, accumulation=1))] == [True]


@pytest.mark.parametrize(("gpus", "server"), [(1, 1), (2, 2), (3, 2), (6, 4), (8, 8), (12, 8)])
def test_a_server_takes_a_power_of_two(gpus, server):
    assert Hardware(gpus=gpus).server_gpus == server
