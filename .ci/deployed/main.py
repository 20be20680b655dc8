#!/usr/bin/env python3
"""The functions as they are deployed, without an account: the packages that `cargo lambda build` makes, over the S3 that
`ltv` embeds.

    main.py PATH_OF_LTV FOLDER_OF_PACKAGES FOLDER_OF_THE_INTERPRETER"""
import pathlib, subprocess, sys, tempfile

import answers, faults, loop, packages
from service import Storage, unpacked


def main(ltv, packed, interpreter):
    packages.sizes(packed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        binaries = {name: unpacked(packed, name, folder / "unpacked") for name in packages.LIMITS}
        subprocess.run([ltv, "simulate", "--customers", "400", "--months", "10", "--seed", "7", "--out", str(folder / "business")],
                       check=True, stdout=subprocess.DEVNULL)
        uploads = folder / "business" / "uploads"
        business = {path.relative_to(uploads).as_posix(): path.read_bytes() for path in sorted(uploads.rglob("*")) if path.is_file()}

        with Storage(ltv, folder / "answers") as storage:
            answers.run(binaries, storage, business, folder)
            packages.starts(binaries, storage, folder)
        with Storage(ltv, folder / "faults") as storage:
            faults.run(binaries["preprocess"], storage, folder)
        loop.run(ltv, binaries, business, folder, pathlib.Path(interpreter))


main(sys.argv[1], sys.argv[2], sys.argv[3])
