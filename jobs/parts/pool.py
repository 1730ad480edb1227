"""How many encode actors there are, and what each holds."""

from dataclasses import dataclass

from jobs.ray_session import cluster_total


@dataclass(frozen=True)
class Pool:
    """The encode actors: how many, and what each holds."""

    min_size: int
    max_size: int
    gpus: float

    @classmethod
    def plan(
        cls, actors: tuple[int, int] | None, gpus_per_actor: float | None, parts: int
    ) -> "Pool":
        """By default one actor per GPU, or per CPU where there is no GPU; never more than parts.

        More may be asked for than there is room now: a cluster that grows will make room.
        """
        gpus = cluster_total("GPU")
        if gpus_per_actor is None:
            gpus_per_actor = 1.0 if gpus else 0.0
        fit = int(gpus / gpus_per_actor) if gpus_per_actor else int(cluster_total("CPU"))
        low, high = actors or (fit, fit)
        most = max(1, min(high, parts))
        return cls(max(1, min(low, fit, most)), most, gpus_per_actor)

    @property
    def device(self) -> str:
        """Where the actors' encoders run."""
        return "cuda" if self.gpus else "cpu"
