"""Sizes of what is deployed, and how long each function takes from exec to its first poll over a trained lake. Sizes are
held to their limits; times are recorded, not judged: they are the machine's as much as the function's."""
import pathlib, statistics

from service import Function

LIMITS = {"predict": 8.0, "preprocess": 15.0, "train": 15.0}


def sizes(packages):
    for name, limit in LIMITS.items():
        size = (pathlib.Path(packages) / f"{name}.zip").stat().st_size / 1e6
        print(f"package: {name}.zip {size:.2f} MB (limit {limit:.0f})")
        assert size <= limit, (name, size)


def starts(binaries, storage, folder):
    for name in LIMITS:
        times = []
        with Function(binaries[name], storage.environment(name), folder / "starts.log") as function:
            for _ in range(9):
                times.append(function.start() * 1000)
                function.kill()
        print(f"start: {name} {statistics.median(times):.0f} ms from exec to first poll (median of 9, {min(times):.0f}–{max(times):.0f})")
