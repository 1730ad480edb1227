"""What the config.json of an encoder says."""

from collections.abc import Collection
from pathlib import Path

from daf_core.encoders.damaged import loading
from daf_core.errors import SettingsError
from daf_core.storage.untrusted_file import parse_json
from daf_core.weights.encoder_folder import CONFIG


class Config:
    """The config of the encoder in a folder.

    Raises:
        SettingsError: it is no JSON object.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with loading(folder):
            self._said = parse_json((folder / CONFIG).read_bytes(), str(folder / CONFIG))

    @property
    def family(self) -> str | None:
        """The model type, as transformers names it."""
        said = self._said.get("model_type")
        return said if isinstance(said, str) else None

    def holds(self, names: Collection[str]) -> bool:
        """Whether it has all of these entries."""
        return self._said.keys() >= {*names}

    def agrees(self, name: str, value: object) -> bool:
        """Whether an entry is `value`, or is not there."""
        return bool(self._said.get(name, value) == value)

    def number(self, name: str) -> int:
        """A size, from 1 on.

        Raises:
            SettingsError: the entry is missing or no such number.
        """
        value = self._said.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(name, "a number from 1 on", value)
        return value

    def index(self, name: str) -> int:
        """A number from 0 on; 0 where the entry is missing.

        Raises:
            SettingsError: it is no such number.
        """
        value = self._said.get(name) or 0
        if not isinstance(value, int) or value < 0:
            raise self._wrong(name, "a number from 0 on", value)
        return value

    def epsilon(self, name: str, default: float) -> float:
        """A small number above 0.

        Raises:
            SettingsError: it is no such number.
        """
        value = self._said.get(name, default)
        if not isinstance(value, int | float) or not 0 < value < 1:
            raise self._wrong(name, "a number above 0 and below 1", value)
        return float(value)

    def heads(self, name: str, width: int) -> int:
        """The heads of a block, which divide its width.

        Raises:
            SettingsError: they do not.
        """
        value = self.number(name)
        if width % value:
            raise self._wrong(name, f"a divisor of the width {width}", value)
        return value

    def _wrong(self, name: str, expected: str, found: object) -> SettingsError:
        return SettingsError(
            f"encoder {self.folder}: {CONFIG}: {name}: expected {expected}, found {found!r:.80}"
        )
