"""A configuration of `ray up`, which starts a cluster on machines of a cloud or of one's own."""

from daf_core.errors import SettingsError
from jobs.render.template import as_yaml, yaml_of
from jobs.settings import RenderSettings


def ray_up(settings: RenderSettings, command: str, said: str) -> str:
    """The configuration of a cluster for `command`, which `ray job submit` starts there; `said` is
    the comment at its top.
    """
    config = yaml_of(f"ray-up-{settings.cloud}.yaml")
    config["cluster_name"] = settings.cluster or config["cluster_name"]
    config["docker"]["image"] = settings.cpu_image
    if settings.cloud == "onprem":
        _refuse_sizes(settings)
    else:
        types = config["available_node_types"]
        types["gpu"]["docker"]["worker_image"] = settings.gpu_image
        for name, number in (("cpu", settings.workers), ("gpu", settings.gpu_workers)):
            if number is not None:
                types[name] |= {"min_workers": number, "max_workers": number}
        needed = sum(types[name]["max_workers"] for name in ("cpu", "gpu"))
        config["max_workers"] = max(config["max_workers"], needed)
    submit = (
        "RAY_AUTH_MODE=token ray job submit --address http://127.0.0.1:8265 --no-wait -- " + command
    )
    return as_yaml(config, f"{said}\nThen:\n  {submit}")


def _refuse_sizes(settings: RenderSettings) -> None:
    for name in ("workers", "gpu_workers"):
        if getattr(settings, name) is not None:
            raise SettingsError(
                f"`{name}`: goes with machines of a cloud; those of your own are named by "
                f"worker_ips in the file"
            )
