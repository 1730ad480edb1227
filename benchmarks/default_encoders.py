"""The networks inside `Embed` with the default encoders, for scripts that time or change them."""

from daf_core.encoders.speech import SpeechEncoder
from daf_core.encoders.text import TextEncoder
from daf_core.encoders.whisper import WhisperNetwork
from daf_core.stages.embed import Embed


def text_encoder(embed: Embed) -> TextEncoder:
    """The text encoder."""
    found = embed.encoders["text"]
    assert isinstance(found, TextEncoder)
    return found


def whisper_network(embed: Embed) -> WhisperNetwork:
    """The network of the first speech encoder, which must be a Whisper."""
    encoder = embed.encoders["audio"]
    assert isinstance(encoder, SpeechEncoder)
    assert isinstance(encoder.network, WhisperNetwork)
    return encoder.network
