#!/usr/bin/env python3
"""Fuzzes every target of fuzz/ for some seconds, from seeds made of the fixtures of uploads and the samples of events.
Needs pyarrow, cargo-fuzz and a nightly toolchain.

Seeds and what earlier runs found must pass. What a run finds by chance is not the fault of the change that it runs on: it
is named, kept beside the build, and fails the next runs here until it is mended and a fixture.

    fuzz.py SECONDS FOLDER_FOR_BUILD_AND_CORPUS [SEED]"""
import concurrent.futures, gzip, io, json, pathlib, shutil, subprocess, sys, zipfile
from xml.sax.saxutils import escape

import pyarrow, pyarrow.parquet

ROOT = pathlib.Path(__file__).resolve().parents[1]
FIXTURES = sorted((ROOT / "shared/core/fixtures/uploads").iterdir())


def zipped(files):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def workbook(rows):
    """The smallest workbook that holds these rows as text."""
    cells = "".join("<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>" for row in rows)
    main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types, relations = "http://schemas.openxmlformats.org/package/2006/content-types", "http://schemas.openxmlformats.org/package/2006/relationships"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped({
        "[Content_Types].xml": f'<Types xmlns="{types}"><Override PartName="/xl/workbook.xml" ContentType="{sheet}.sheet.main+xml"/>'
                               f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="orders" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    })


def seeds():
    """Inputs by target."""
    found = {target: [] for target in ("text", "recognition", "workbook", "json", "parquet", "packed", "event")}
    found["event"] = [sample.read_bytes() for sample in sorted((ROOT / "events").glob("*.json"))]
    for fixture in FIXTURES:
        content = fixture.read_bytes()
        if fixture.suffix in (".json", ".ndjson"):
            found["json"].append(content)
            continue
        found["text"].append(content)
        found["recognition"].append(content.splitlines()[0])
        found["packed"] += [gzip.compress(content, mtime=0), pyarrow.compress(content, "zstd", asbytes=True), zipped({"a.csv": content})]
        lines = content.decode("utf-8", "replace").splitlines()
        rows = [line.split(",") for line in lines]
        found["workbook"].append(workbook(rows))
        columns = {f"{at} {name}" if rows[0].count(name) > 1 else name: [(row + [""] * len(rows[0]))[at] for row in rows[1:]]
                   for at, name in enumerate(rows[0])}
        written = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(columns), written)
        # The target puts the magic number before it.
        found["parquet"].append(written.getvalue()[4:])
        found["json"].append(json.dumps([dict(zip(columns, row)) for row in rows[1:]]).encode())
    return found


def run(target, inputs, seconds, folder, seed):
    corpus, finds = folder / "corpus" / target, folder / "finds"
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    finds.mkdir(exist_ok=True)
    for number, content in enumerate(inputs):
        (corpus / f"seed-{number}").write_bytes(content)
    [program] = (folder / "target").glob(f"*/release/{target}")

    def fuzz(*arguments):
        done = subprocess.run([program, *arguments, "-timeout=30", "-rss_limit_mb=4096"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        return done.returncode, done.stdout

    code, said = fuzz(*sorted(corpus.iterdir()), *sorted(finds.glob(f"{target}-*")))
    if code != 0:
        raise SystemExit(f"fuzz: {target} breaks on an input that is known\n{said[-20_000:]}")
    code, said = fuzz(corpus, f"-seed={seed}", f"-max_total_time={seconds}", f"-artifact_prefix={finds}/{target}-",
                      "-max_len=65536", "-verbosity=0", "-print_final_stats=1")
    units = next((line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line), "no")
    print(f"fuzz: {target}, {units} inputs from {len(inputs)} in {seconds} s", flush=True)
    if code != 0:
        print(f"fuzz: {target} BROKE: mend it, and make the input a fixture under shared/core/fixtures/crashes\n{said[-20_000:]}", flush=True)


def main(seconds, folder, seed="1"):
    folder = pathlib.Path(folder)
    # The workspace's versions of what both depend on.
    shutil.copy(ROOT / "Cargo.lock", ROOT / "fuzz/Cargo.lock")
    subprocess.run(["cargo", "+nightly", "fuzz", "build", "--fuzz-dir", ROOT / "fuzz", "--sanitizer", "none", "--target-dir", folder / "target"],
                   cwd=ROOT, check=True)
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        for done in [two.submit(run, target, inputs, seconds, folder, seed) for target, inputs in seeds().items()]:
            done.result()


main(*sys.argv[1:])
