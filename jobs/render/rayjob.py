"""A RayJob for KubeRay, as `kubectl create -f` takes it."""

import copy
from typing import Any

from daf_core.storage.run_record import Json
from jobs.render.template import as_yaml, yaml_of
from jobs.settings import RenderSettings

MEMORY_PER_CORE_GIB = 4
MODELS = "daf-models"  # the claim of cluster/kuberay/namespace
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"


def rayjob(settings: RenderSettings, command: str, said: str) -> str:
    """The RayJob that runs `command`; `said` is the comment at its top."""
    job = yaml_of("rayjob.yaml")
    spec = job["spec"]
    cluster = spec["rayClusterSpec"]
    job["metadata"]["name"] = settings.title
    spec["entrypoint"] = command
    if settings.queue is not None:
        job["metadata"]["labels"][QUEUE_LABEL] = settings.queue
    if settings.hours is not None:
        spec["activeDeadlineSeconds"] = round(3600 * settings.hours)
    (cpu,) = cluster["workerGroupSpecs"]
    _set_size(cpu, settings.workers)
    if settings.cpus is not None:
        memory = f"{MEMORY_PER_CORE_GIB * settings.cpus}Gi"
        for bounds in cpu["template"]["spec"]["containers"][0]["resources"].values():
            bounds |= {"cpu": str(settings.cpus), "memory": memory}
    templates = (cluster["headGroupSpec"]["template"], cpu["template"])
    for template in (spec["submitterPodTemplate"], *templates):
        template["spec"]["containers"][0]["image"] = settings.cpu_image
    if settings.model_cache:
        for template in templates:
            _mount_models(template["spec"])
    if settings.gpu_workers:
        cluster["workerGroupSpecs"].append(_with_gpu(cpu, settings))
    return as_yaml(job, said)


def _set_size(group: Json, workers: int | None) -> None:
    if workers is not None:
        group |= dict.fromkeys(("replicas", "minReplicas", "maxReplicas"), workers)


def _mount_models(pod: Json) -> None:
    """Let a pod read the shared cache of encoders."""
    claim = {"claimName": MODELS, "readOnly": True}
    pod["volumes"] = [{"name": "models", "persistentVolumeClaim": claim}]
    (container,) = pod["containers"]
    container["volumeMounts"] = [{"name": "models", "mountPath": "/models", "readOnly": True}]
    container["env"] = [{"name": "HF_HOME", "value": "/models"}]


def _with_gpu(cpu: Any, settings: RenderSettings) -> Any:
    """Workers like those without GPUs, with one each."""
    group = copy.deepcopy(cpu) | {"groupName": "gpu"}
    _set_size(group, settings.gpu_workers)
    pod = group["template"]["spec"]
    pod["containers"][0]["image"] = settings.gpu_image
    pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = 1
    pod["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    return group
