"""latentkit cache: what the cache of decoded images holds, and how to empty it."""

from typing import Annotated

import typer

from latentkit import shell

cache = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at the cache of decoded images, or empty it.\n\n"
    "Images that were decoded once are kept, so that the next run on them starts at once. The cache is in "
    "$LATENTKIT_CACHE, else in latentkit/ of your cache folder, and takes at most $LATENTKIT_CACHE_LIMIT "
    "(as 500M or 8G; 4G if unset; 0 for no cache). It is safe to empty at any time.\n\n"
    "Training on more images than half of the available memory holds keeps them decoded in a file in the same "
    "folder, for as long as it lasts and beyond that limit. The result is the same.",
)


@cache.command("info")
def info(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say where the cache is, how much it holds and how much it may hold."""
    from json import dumps

    from latentkit.images import cache_file

    found = cache_file.info()
    words = (
        f"{found.path}\n{found.images} images and {found.files} file digests, "
        f"{found.bytes / 2**20:.1f} MiB of at most {found.limit / 2**20:.1f} MiB"
    )
    shell.emit(dumps(found._asdict()) if json else words)


@cache.command("clear")
def clear() -> None:
    """Empty the cache. Nothing is lost but time: images are decoded again when they are next needed."""
    from latentkit.images import cache_file

    freed = cache_file.clear()
    shell.say(f"freed {freed / 2**20:.1f} MiB in {cache_file.folder()}")
