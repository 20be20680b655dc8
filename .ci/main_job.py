#!/usr/bin/env python3
"""One run of the main job as a person would do it: simulate a business, run it, and recompute every metric of the
chosen recipe from test_predictions.parquet with pandas. With LTV_DATA_DIR the two real sets run as well.

    main_job.py PATH_OF_LTV
"""
import glob, json, os, pathlib, subprocess, sys, tempfile
import numpy as np, pandas as pd

LTV = sys.argv[1]


def ltv(*args):
    done = subprocess.run([LTV, *args], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"ltv {' '.join(args)} ended with {done.returncode}")
    return done.stdout


def gini(actual, predicted):
    order = np.argsort(-predicted, kind="stable")
    return 2 * (np.cumsum(actual[order]) / actual.sum()).mean() - 1


def recomputed(test):
    actual, predicted = test.actual.to_numpy(float), test.predicted.to_numpy(float)
    top = np.argsort(-predicted, kind="stable")[: max(1, len(test) // 10)]
    return dict(rmse=np.sqrt(np.mean((predicted - actual) ** 2)), mae=np.abs(predicted - actual).mean(),
                r2=1 - ((actual - predicted) ** 2).sum() / ((actual - actual.mean()) ** 2).sum(),
                spearman=test.predicted.rank().corr(test.actual.rank()), gini=gini(actual, predicted) / gini(actual, actual),
                sum_ratio=predicted.sum() / actual.sum(), top10=actual[top].sum() / actual.sum())


def run(name, uploads, *options):
    with tempfile.TemporaryDirectory() as data:
        answer = json.loads(ltv("run", "--uploads", str(uploads), "--data", data, *options))
        for upload in answer["uploads"]:
            assert upload["rows"] == upload["kept"] + upload["rejected"], upload
        training = answer["training"]
        chosen = next(c for c in training["candidates"] if c["name"] == training["chosen"])
        [path] = glob.glob(f"{data}/**/{training['model_id']}/test_predictions.parquet", recursive=True)
        for metric, value in recomputed(pd.read_parquet(path)).items():
            assert abs(value - chosen["metrics"][metric]) <= 1e-4 * max(1, abs(value)), (name, metric, value, chosen["metrics"])
        print(f"{name}: {training['chosen']} {json.dumps(chosen['metrics'])} in {answer['seconds']:.1f} s", flush=True)
        return answer


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    ltv("simulate", "--customers", "5000", "--months", "30", "--seed", "7", "--out", str(folder / "business"))
    run("simulated business", folder / "business" / "uploads")
    data = os.environ.get("LTV_DATA_DIR")
    if not data:
        print("skipped: the real sets, for LTV_DATA_DIR is not set")
        sys.exit()
    for name, file, options in (("CDNOW", "CDNOW_master.txt", ["--horizon", "90"]), ("Online Retail", "online_retail.csv.gz", [])):
        uploads = folder / file.split(".")[0] / "transactions"
        uploads.mkdir(parents=True)
        os.symlink(os.path.join(data, file), uploads / file)
        answer = run(name, uploads.parent, *options)
        if name == "CDNOW":
            training = answer["training"]
            metrics = next(c for c in training["candidates"] if c["name"] == training["chosen"])["metrics"]
            assert metrics["gini"] >= 0.78 and metrics["r2"] >= 0.5, metrics
        else:
            assert answer["uploads"][0]["rows"] == 541_909, answer["uploads"]
