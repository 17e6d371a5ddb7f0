"""`latentkit cache`."""

from typing import Annotated

import typer

from latentkit import shell

cache = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show or clear the cache of decoded images.\n\n"
    "Decoded images are cached, so that the next run on them starts at once. The cache is in "
    "$LATENTKIT_CACHE, or else in latentkit/ in your cache folder, and takes at most $LATENTKIT_CACHE_LIMIT "
    "(such as 500M or 8G; 4G if unset; 0 for no cache). It can be cleared safely at any time.\n\n"
    "If the images of a training do not fit in half of the available memory, they are kept decoded in a temporary "
    "file in the same folder, which does not count toward the limit. The result is the same.",
)


@cache.command("info")
def info(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show the place, size and limit of the cache."""
    from json import dumps

    from latentkit.images import cache_file

    contents = cache_file.info()
    text = (
        f"{contents.path}\n{contents.images} images and {contents.files} file digests, "
        f"{contents.bytes / 2**20:.1f} MiB of at most {contents.limit / 2**20:.1f} MiB"
    )
    shell.emit(dumps(contents._asdict()) if json else text)


@cache.command("clear")
def clear() -> None:
    """Clear the cache.

    Images are decoded again when they are next needed.
    """
    from latentkit.images import cache_file

    freed = cache_file.clear()
    shell.say(f"freed {freed / 2**20:.1f} MiB in {cache_file.folder()}")
