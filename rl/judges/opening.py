"""From what a command line says about judges to a judge.

A judge is named by a place: the folder of a trained reward model, the address of a server, or a
file of recorded verdicts. Several judges, or several samples of one, make an ensemble.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rubricdsl.bundle import Bundle, BundleError, open_bundle

from ..errors import TrainingError
from ..material import open_material
from .cache import Cache
from .client import Client, Patience
from .criteria import Criteria, criteria_of
from .ensemble import Ensemble, Rule
from .language_model import LanguageModelJudge, Sampling
from .limits import Rates
from .log import Log
from .prompts import read_prompts
from .protocol import Grader
from .recorded import read_recorded
from .served import ServedRewardModel, read_served_model

Api = Literal["openai", "classify"]


@dataclass(frozen=True)
class Options:
    """How judges are asked. `models` and `apis` go with the addresses in order, one for all or
    one for each; `served_from` is the folder of the reward model behind `classify`."""

    models: Sequence[str] = ()
    apis: Sequence[Api] = ()
    served_from: Path | None = None
    together: bool = False
    samples: int = 1
    temperature: float | None = 0.0
    max_tokens: int | None = 1024
    seed: int | None = None
    key_variable: str | None = None
    concurrency: int = 8
    patience: Patience = field(default_factory=Patience)
    rates: Rates = field(default_factory=Rates)
    cache: Path | None = None
    log: Path | None = None
    safety: Rule = "worst"
    others: Rule = "majority"
    device: str | None = None


@dataclass(frozen=True)
class Opened:
    """A judge, whether it has several members, and what their agreement is counted by."""

    grader: Grader
    is_ensemble: bool
    criteria: Criteria


def open_judges(folder: Path, specs: Sequence[str], options: Options) -> Opened:
    """The judge that `specs` name, for a bundle. Raises `TrainingError`."""
    try:
        bundle = open_bundle(folder)
        rubrics = bundle.rubrics()
    except BundleError as error:
        raise TrainingError(str(error), "compile the bundle with the target `ir`") from None
    if options.samples > 1 and options.temperature == 0:
        raise TrainingError(
            f"{options.samples} samples at temperature 0 are one answer {options.samples} times",
            "give --temperature 0.7 or the like",
        )
    criteria = criteria_of(rubrics)
    members: list[Grader] = []
    log = Log(options.log) if options.log else None
    clients: dict[str, Client] = {}
    addresses = [spec for spec in specs if is_address(spec)]
    models = _each(options.models, addresses, "--model")
    apis = _each(options.apis or ("openai",), addresses, "--api")
    for spec in specs:
        if not is_address(spec):
            members.append(_local(bundle, Path(spec), criteria, options))
            continue
        place = addresses.index(spec)
        addresses[place] = ""
        client = clients.get(spec) or clients.setdefault(spec, _client(spec, options))
        members += _remote(bundle, client, models[place], apis[place], options, log)
    if len(members) == 1:
        return Opened(members[0], False, criteria)
    grader = Ensemble(members, criteria, options.safety, options.others)
    return Opened(grader, True, criteria)


def is_address(spec: str) -> bool:
    """Whether a judge is named by the address of a server."""
    return spec.startswith(("http://", "https://"))


def _local(bundle: Bundle, path: Path, criteria: Criteria, options: Options) -> Grader:
    if path.is_dir():
        # torch is imported for this judge and for no other.
        from ..progress import quieten
        from .in_process import InProcess
        from .reward_model import load_judge

        quieten()
        material = open_material(bundle.root)
        judge = load_judge(path, material, device=options.device)
        return InProcess(judge, material.questions)
    if path.is_file():
        return read_recorded(path, criteria)
    raise TrainingError(
        f"there is no judge at {path}",
        "name the folder of a trained reward model, the address of a server (http://…), or a "
        "file of recorded verdicts",
    )


def _remote(
    bundle: Bundle, client: Client, model: str, api: str, options: Options, log: Log | None
) -> list[Grader]:
    if api == "classify":
        if options.served_from is None:
            raise TrainingError(
                "a reward model behind a server needs the folder that it is served from",
                "give --served-from DIR: its template, limits and markers are read there",
            )
        material = open_material(bundle.root)
        served = read_served_model(options.served_from, material)
        return [ServedRewardModel(client, model, served, material.questions)]
    judge = LanguageModelJudge(
        client,
        Sampling(model, options.temperature, options.max_tokens, options.seed),
        read_prompts(bundle),
        together=options.together,
        cache=_cache(options.cache),
        log=log,
    )
    return [judge.another(sample) for sample in range(options.samples)]


def _client(address: str, options: Options) -> Client:
    return Client(
        address,
        key_variable=options.key_variable,
        patience=options.patience,
        rates=options.rates,
        concurrency=options.concurrency,
    )


def _cache(folder: Path | None) -> Cache | None:
    if folder is None:
        return None
    try:
        return Cache(folder)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be a cache: {error.strerror or error}") from None


def _each(given: Sequence[str], addresses: Sequence[str], option: str) -> list[str]:
    """One value for every address."""
    if not addresses:
        return []
    if len(given) == 1:
        return list(given) * len(addresses)
    if len(given) == len(addresses):
        return list(given)
    count = f"{len(addresses)} servers" if len(addresses) > 1 else "a server"
    raise TrainingError(
        f"there is {count}, and {option} is given {len(given)} times",
        f"give {option} once for all of them, or once for each",
    )
