"""What each verb can be told. One class a verb: the command line is made from it (jobs/cli.py),
and Python callers construct it. Its docstring is the verb's help; defaults suit a laptop."""

from jobs.settings.encode import (
    AUDIO_ENCODER,
    TEXT_ENCODER,
    EmbedSettings,
    EncodeResources,
    PartsRun,
    RetryQuarantineSettings,
    ScoreSettings,
    StressSettings,
)
from jobs.settings.ingest import IngestSettings
from jobs.settings.small import DemoSettings, ModelsSettings, ReportSettings, VerifySettings
from jobs.settings.training import COMPARED_HEADS, EvaluateSettings, Training, TrainSettings

__all__ = [
    "AUDIO_ENCODER",
    "COMPARED_HEADS",
    "TEXT_ENCODER",
    "DemoSettings",
    "EmbedSettings",
    "EncodeResources",
    "EvaluateSettings",
    "IngestSettings",
    "ModelsSettings",
    "PartsRun",
    "ReportSettings",
    "RetryQuarantineSettings",
    "ScoreSettings",
    "StressSettings",
    "TrainSettings",
    "Training",
    "VerifySettings",
]
