"""The points of a sweep on machines of a lab: `dask.distributed`, through a running scheduler or over SSH.

Every host needs this program in the same version. Nothing is encrypted unless the scheduler was set up so: use it on a
network that you trust.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tutor.errors import wrong
from tutor.files import read_text_file

MAX_HOSTS_FILE = 64 * 1024


@contextmanager
def client(where: str) -> Iterator[Any]:
    """A client of the cluster: `tcp://host:port` of a scheduler, `local`, or a file with one host a line.

    Raises ProblemsError if the extra is not installed, the address answers nothing, or the file names no host.
    """
    distributed = _distributed()
    if where == "local":
        with (
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            distributed.Client(cluster) as found,
        ):
            yield found
    elif "://" in where:
        try:
            found = distributed.Client(where, timeout="10s")
        except (OSError, TimeoutError, ValueError) as error:
            raise wrong(where, f"no scheduler answers there: {error}") from None
        with found:
            yield found
    else:
        hosts = read_hosts(where)
        with (
            distributed.SSHCluster(hosts, worker_options={"nthreads": 1}) as cluster,
            distributed.Client(cluster) as found,
        ):
            yield found


def computed(where: str, work: Callable[[Any], Any], points: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Each point with its result, as the cluster finishes them; several points may be under way on each machine."""
    distributed = _distributed()
    with client(where) as found:
        futures = {found.submit(work, point, pure=False): point for point in points}
        for future, result in distributed.as_completed(list(futures), with_results=True):
            yield futures[future], result


def read_hosts(path: str) -> list[str]:
    """The hosts of a file: one a line, `#` starts a comment; the first also runs the scheduler."""
    lines = read_text_file(Path(path), MAX_HOSTS_FILE).splitlines()
    hosts = [host for line in lines if (host := line.split("#")[0].strip())]
    for host in hosts:
        if host.startswith("-") or not all(c.isalnum() or c in ".-_@:[]" for c in host):
            raise wrong(path, f"{host!r:.60} is no host")
    if not hosts:
        raise wrong(path, "no host stands in this file", "one host a line; the first also runs the scheduler")
    return [hosts[0], *hosts] if len(hosts) == 1 else hosts


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        cure = "pip install 'backprop-tutor[cluster]'"
        raise wrong("--cluster", "dask.distributed is not installed", cure) from None
    return distributed
