"""Packages as `sam deploy` zips them, their sizes, and how long each function takes from exec to its first poll over a
trained lake. Sizes are held to their limits; times are recorded, not judged: they are the machine's as much as the
function's."""
import os, pathlib, statistics, zipfile

from service import Function

LIMITS = {"predict": 8.0, "preprocess": 15.0, "train": 15.0}


def packed(built, folder):
    """The binaries of the packages that `sam build` left in `built`, out of their zips again."""
    binaries = {}
    for name, limit in LIMITS.items():
        package, binary = folder / f"{name}.zip", folder / "unpacked" / name / "bootstrap"
        sources = sorted((pathlib.Path(built) / f"{name.capitalize()}Function").iterdir())
        assert [source.name for source in sources] == ["bootstrap"], sources
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as written:
            written.write(sources[0], "bootstrap")
        size = package.stat().st_size / 1e6
        print(f"package: {name} {size:.2f} MB (limit {limit:.0f}), {sources[0].stat().st_size / 1e6:.1f} MB unpacked")
        assert size <= limit, (name, size)
        with zipfile.ZipFile(package) as read:
            read.extract("bootstrap", binary.parent)
        os.chmod(binary, 0o755)
        binaries[name] = binary
    return binaries


def starts(binaries, storage, folder):
    for name in LIMITS:
        times = []
        with Function(binaries[name], storage.environment(name), folder / "starts.log") as function:
            for _ in range(9):
                times.append(function.start() * 1000)
                function.kill()
        print(f"start: {name} {statistics.median(times):.0f} ms from exec to first poll (median of 9, {min(times):.0f}–{max(times):.0f})")
