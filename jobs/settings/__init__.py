"""Settings of every verb: one class a verb, from which the command line is made (jobs/cli.py) and
which Python callers construct. The class's docstring is the verb's help, the docstring of a field
is the option's help. Defaults suit a laptop."""

from daf_core.weights.known import AUDIO_ENCODER, TEXT_ENCODER
from jobs.settings.adapt import AdaptSettings, LabelSettings
from jobs.settings.browse import BrowseSettings
from jobs.settings.cluster import WhereAndHowLong
from jobs.settings.convert import ConvertSettings
from jobs.settings.doctor import DoctorSettings
from jobs.settings.encode import (
    EmbedSettings,
    EncodeResources,
    PartsRun,
    StressSettings,
)
from jobs.settings.export import ExportSettings
from jobs.settings.ingest import IngestSettings, SourceOptions
from jobs.settings.plan import PlanSettings
from jobs.settings.query import CallsSettings, QuerySettings, Shown
from jobs.settings.render import RenderSettings
from jobs.settings.score import ScoreSettings
from jobs.settings.small import (
    CompactSettings,
    DemoSettings,
    ForgetSettings,
    ModelsSettings,
    ReportSettings,
    VerifySettings,
)
from jobs.settings.training import (
    COMPARED_HEADS,
    EvaluateSettings,
    ExplainHeadSettings,
    Training,
    TrainSettings,
)
from jobs.settings.transcribe import TranscribeSettings

__all__ = [
    "AUDIO_ENCODER",
    "COMPARED_HEADS",
    "TEXT_ENCODER",
    "AdaptSettings",
    "BrowseSettings",
    "CallsSettings",
    "CompactSettings",
    "ConvertSettings",
    "DemoSettings",
    "DoctorSettings",
    "EmbedSettings",
    "EncodeResources",
    "EvaluateSettings",
    "ExplainHeadSettings",
    "ExportSettings",
    "ForgetSettings",
    "IngestSettings",
    "LabelSettings",
    "ModelsSettings",
    "PartsRun",
    "PlanSettings",
    "QuerySettings",
    "RenderSettings",
    "ReportSettings",
    "ScoreSettings",
    "Shown",
    "SourceOptions",
    "StressSettings",
    "TrainSettings",
    "Training",
    "TranscribeSettings",
    "VerifySettings",
    "WhereAndHowLong",
]
