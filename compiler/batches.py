"""The batches that a compilation writes into its run files, and whether they fit."""

from collections.abc import Iterator

from rubricdsl.batches import SETTINGS, SIZES, Batches, Misfit, Size, misfits, planned

from .job import Job, Options


class UnfitBatches(Exception):
    """Groups, batch and devices that do not fit together: all of it, one line each."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found))
        self.found = tuple(found)


def batches_of(options: Options, size: Size) -> Batches:
    """The batches of a size that was checked. Raises `UnfitBatches`."""
    found = planned(size, options.group, options.hardware)
    if isinstance(found, Misfit):
        raise UnfitBatches([_told(size, found)])
    return found


def check_batches(job: Job) -> list[str]:
    """Notes on the batches of all sizes. Raises `UnfitBatches` for what cannot be trained with."""
    ranked = next((r.name for r in job.training if r.reward.shape == "centred"), None)
    found = [(size, misfit) for size in SIZES for misfit in _misfits(job.options, size, ranked)]
    fatal = [_told(size, misfit) for size, misfit in found if misfit.fatal]
    if fatal:
        raise UnfitBatches(fatal)
    return [_told(size, misfit) for size, misfit in found]


def _misfits(options: Options, size: Size, ranked: str | None) -> Iterator[Misfit]:
    found = planned(size, options.group, options.hardware)
    if isinstance(found, Misfit):
        yield found
    else:
        yield from misfits(found, ranked)


def _told(size: Size, misfit: Misfit) -> str:
    return f"{SETTINGS[size]}: {misfit}"
