#!/usr/bin/env python3
"""The functions as they are deployed, without an account: the packages that `sam build` makes, over the S3 that `ltv`
embeds. Needs cargo-lambda, boto3, pyarrow and Node.js.

    sam build --build-dir BUILT
    npm install --prefix INTERPRETER aws-local-stepfunctions
    main.py PATH_OF_LTV BUILT INTERPRETER"""
import pathlib, subprocess, sys, tempfile

import answers, faults, loop, packages
from service import Storage


def main(ltv, built, interpreter):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        binaries = packages.packed(built, folder)
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
