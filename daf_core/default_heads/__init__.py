"""The heads of the package, each in a folder of this one: head.safetensors, head.json, README.md.

The model card says in its metadata what `daf models` lists: languages, licence, results.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from daf_core.errors import SettingsError

DEFAULT = "fast"
FOLDER = Path(__file__).parent
RECORD, CARD = "head.json", "README.md"
RESULTS_SHOWN = 4


@dataclass(frozen=True)
class Corpus:
    """What a head was trained on, as its card says. what: of the corpus, such as its words;
    non_commercial: the licence forbids commercial use.
    """

    name: str
    what: str
    licence: str
    non_commercial: bool = False


@dataclass(frozen=True)
class HeadCard:
    """What the model card of a default head says.

    path: of the card; languages: BCP 47; licence: of the data that it was trained on; results:
    such as "MOSI r 0.66", the first RESULTS_SHOWN of the model index; corpora: that it was trained
    on, empty where the card does not list them.
    """

    path: str
    languages: list[str]
    licence: str
    results: list[str]
    corpora: list[Corpus] = field(default_factory=list)


def default_heads(folder: Path = FOLDER) -> list[str]:
    """Names of the heads of the package, the default first."""
    names = {record.parent.name for record in folder.glob(f"*/{RECORD}")}
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def head_folder(head: str, folder: Path = FOLDER) -> str:
    """The folder of a head: `head` itself if it is a folder or a path, else the default head of
    that name.

    Raises:
        SettingsError: it is none of them.
    """
    if not is_default(head, folder):
        if "/" in head or "\\" in head or (head and Path(head).exists()):
            return head
        known = " or ".join(default_heads(folder)) or "none"
        raise SettingsError(
            f"`head` {head}: expected a folder made by `daf train`, or a head of the package "
            f"({known}), found neither"
        )
    return str(folder / head)


def is_default(head: str, folder: Path = FOLDER) -> bool:
    """Whether `head` names a head of the package; a folder of the same name goes first."""
    return head in default_heads(folder) and not Path(head).exists()


def read_card(head: str, folder: Path = FOLDER) -> HeadCard:
    """The card of the default head of that name.

    Raises:
        SettingsError: there is no card, or its metadata cannot be read.
    """
    path = folder / head / CARD
    try:
        text = path.read_text(encoding="utf-8")
        metadata = text.split("---\n", 2)[1] if text.startswith("---\n") else ""
        return _card(str(path), yaml.safe_load(metadata) or {})
    except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError) as err:
        raise SettingsError(f"{path}: expected a model card with metadata: {err}") from err


def _card(path: str, data: dict[str, Any]) -> HeadCard:
    """data: the metadata of a model card, in the form of the Hugging Face hub."""
    languages = data.get("language") or []
    tested = [one for index in data.get("model-index") or [] for one in index["results"]]
    results = [
        f"{one['dataset']['name']} {metric.get('name') or metric['type']} {metric['value']}"
        for one in tested
        for metric in one["metrics"]
    ][:RESULTS_SHOWN]
    return HeadCard(
        path=path,
        languages=[languages] if isinstance(languages, str) else list(languages),
        licence=data.get("license_name") or data.get("license") or "not stated",
        results=results,
        corpora=[Corpus(**one) for one in data.get("training_data") or []],
    )
