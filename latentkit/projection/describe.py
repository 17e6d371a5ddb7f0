"""A projection described in sentences."""

from collections.abc import Mapping
from typing import Any

from latentkit.formats.projections import grade
from latentkit.methods import PROJECTIONS
from latentkit.projection.project import ProjectionResult

__all__ = ["describe"]


def describe(projection: ProjectionResult) -> str:
    """Return the lines for standard error: the projection, its scree, dead dimensions and fidelity."""
    info, reducer = projection.info, projection.reducer
    name = PROJECTIONS.title(reducer.method)
    if "fitted_on" in info:
        lines = [f"{name}: placed {info['n']} images in a projection of {info['fitted_on']}"]
    else:
        lines = [
            f"{name}: {info['n']} images, {info['features']} dimensions to {info['dims']}, seed {info['seed']}"
        ]
        lines += _scree(info["parameters"], info["dims"])
        lines += _dead(info)
    lines += _fidelity(info)
    if not PROJECTIONS[reducer.method].linear:
        lines.append(
            "The sizes of islands and the gaps between them mean little: `latentkit report` measures the latents themselves."
        )
    return "\n".join(lines)


def _fidelity(info: Mapping[str, Any]) -> list[str]:
    """Return one line on how much of the latent space the projection preserves; none for too few rows."""
    fidelity = info["fidelity"]
    if fidelity["kept"] is None:
        return []
    k = fidelity["neighbours"]
    kept, trust, continuity = (fidelity[key]["value"] for key in ("kept", "trustworthiness", "continuity"))
    parts = [
        f"{kept:.0%} of each image's {k} nearest neighbors are preserved",
        f"trustworthiness {trust:.2f}",
        f"continuity {continuity:.2f}",
        f"triplets {fidelity['triplets']['value']:.2f}",
    ]
    if fidelity["shepard"] is not None:
        parts.append(f"distance correlation {fidelity['shepard']['value']:.2f}")
    return [f"Fidelity: neighborhoods are preserved {grade(info)} ({', '.join(parts)})"]


def _scree(parameters: Mapping[str, Any], dims: int) -> list[str]:
    share = parameters.get("explained_variance_ratio")
    if share is None:
        return []
    shares = " ".join(f"{value:.1%}" for value in share[:10])
    return [f"The projection explains {sum(share[:dims]):.1%} of the variance; by component: {shares}"]


def _dead(info: Mapping[str, Any]) -> list[str]:
    dead = info["dead"]
    if not dead:
        return []
    named = ", ".join(map(str, dead[:20])) + (", ..." if len(dead) > 20 else "")
    fate = "dropped" if info["scale_dead"] == "drop" else "kept, with little effect"
    return [f"{len(dead)} of {info['features']} dimensions are dead ({named}): {fate}"]
