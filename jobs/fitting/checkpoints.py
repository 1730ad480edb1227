"""Checkpoints of a training: its state after an epoch, in a file."""

import io

import torch

from daf_core.errors import SettingsError
from daf_core.storage import files
from daf_core.training.state import State

EVERY_S = 10.0
STATE_FILE = "state.pt"


def write_state(folder: str, state: State) -> None:
    """Publish the checkpoint in `folder`, in the place of an earlier one."""
    buffer = io.BytesIO()
    torch.save(state.as_dict(), buffer)
    files.publish(files.join(folder, STATE_FILE), buffer.getvalue())


def read_state(folder: str, device: torch.device) -> State | None:
    """The state in the checkpoint of `folder`, its tensors on `device`; None: there is none.

    Raises:
        SettingsError: the file is not what `write_state` wrote.
    """
    uri = files.join(folder, STATE_FILE)
    if not files.exists(uri):
        return None
    try:
        content = torch.load(
            io.BytesIO(files.read_bytes(uri)), map_location=device, weights_only=True
        )
        return State(**content)
    except Exception as err:  # torch's unpickler lets through whatever the bytes lead to
        raise SettingsError(
            f"{uri}: expected a checkpoint of `daf train`, found it damaged; start over with "
            f"`fresh`"
        ) from err
