"""Every event of events/ under `cargo lambda watch`, answered by the packaged binaries over the embedded S3.

The emulator would compile the functions itself, in another profile; it is asked for its APIs only, and the binaries of
the packages are started against them."""
import json, pathlib, signal, socket, subprocess, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE, OTHER = "transactions/my file+1.csv", "transactions/你好/😊.csv"
FUNCTIONS = ("preprocess", "train", "predict")


class Emulator:
    def __init__(self, binaries, storage, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        watch = ["cargo", "lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port", self.port]
        self.processes = [subprocess.Popen(watch, cwd=ROOT, stdout=open(folder / "watch.log", "wb"), stderr=subprocess.STDOUT)]
        for _ in range(300):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    break
        self.logs = {}
        for name in FUNCTIONS:
            self.logs[name] = folder / f"{name}.log"
            environment = {**storage.environment(name), "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{self.port}/.rt/{name}"}
            self.processes.append(subprocess.Popen(
                [binaries[name]], env=environment, stdout=open(self.logs[name], "wb"), stderr=subprocess.STDOUT))

    def ask(self, function, sample):
        """The answer to events/SAMPLE.json."""
        return self.send(function, (ROOT / "events" / f"{sample}.json").read_text())

    def send(self, function, event):
        """The answer to an event, as JSON text."""
        done = subprocess.run(
            ["cargo", "lambda", "invoke", function, "--invoke-address", "127.0.0.1", "--invoke-port", self.port,
             "--data-ascii", event], cwd=ROOT, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, (function, event, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait()


def orders(customer, day="2024-01-0"):
    lines = [f"{customer}-{n},{customer},{day}{n},1{n}.50" for n in range(1, 4)]
    return "\n".join(["order_id,customer_id,order_date,amount", *lines, ""])


def run(binaries, storage, business, folder):
    """`business` are the uploads of a simulated business, by key."""
    with Emulator(binaries, storage, folder) as emulator:
        answered = every_sample(emulator, storage, business)
    samples = {path.stem for path in (ROOT / "events").glob("*.json")}
    assert answered == samples, f"not asked: {samples - answered}"
    print(f"events: {len(samples)} samples answered by the packaged binaries under cargo lambda watch")
    watched(emulator.logs)


def every_sample(emulator, storage, business):
    """Asks for them in an order that makes sense; the names of those asked."""
    answered = set()

    def ask(function, sample):
        answered.add(sample)
        return emulator.ask(function, sample)

    def outcomes(sample):
        return [(upload["key"], upload["outcome"]) for upload in ask("preprocess", sample)["uploads"]]

    for key, body in business.items():
        storage.put(key, body)
    reconciled = ask("preprocess", "reconcile")
    assert reconciled["done"] and len(reconciled["ingested"]) == len(business), reconciled
    storage.put(FILE, orders("17850"))
    storage.put(OTHER, orders("another"))
    assert outcomes("s3-upload") == [(FILE, "committed")]
    assert outcomes("s3-notification") == [(FILE, "unchanged"), (OTHER, "committed")]
    assert ask("preprocess", "s3-test-event") == {"uploads": []}
    assert ask("preprocess", "sqs-upload") == {"batchItemFailures": []}
    assert ask("preprocess", "sqs-batch-with-poison") == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert outcomes("s3-removed") == [(FILE, "unchanged")], "the file is still there"

    assert ask("predict", "api-model")["statusCode"] == 503, "nothing is trained yet"
    trained = ask("train", "train")
    while not trained["done"]:
        trained = ask("train", "train")
    assert trained["training"]["promoted"] and trained["predictions"]["customers"] > 100, trained
    assert ask("train", "schedule")["done"]
    scored = ask("train", "score")
    assert scored["done"] and scored["predictions"], scored
    again = emulator.send("train", '{"action": "train", "force": true}')
    assert again["done"] and again["training"]["model_id"] != trained["training"]["model_id"], again
    back = ask("train", "rollback")
    assert back["done"] and back["run"] == scored["run"], "the model before, with the last run scored with it"

    for sample, status in {"healthz": 200, "dashboard": 200, "dashboard-style": 200, "dashboard-script": 200, "openapi": 200,
                           "model": 200, "segments": 200, "channels": 200, "customer": 200, "uploads": 200, "upload": 404,
                           "predict": 200, "predict-faulty": 422}.items():
        answer = ask("predict", f"api-{sample}")
        assert answer["statusCode"] == status, (sample, answer)
        assert answer["headers"]["x-content-type-options"] == "nosniff", answer
    # Whether so short a history identifies any curve is not this script's to say.
    for sample in ("budget", "channel-curve"):
        answer = ask("predict", f"api-{sample}")
        assert answer["statusCode"] in (200, 404, 422), (sample, answer)

    erased = ask("train", "erase")
    assert erased["done"] and erased["erasure"]["customers"] >= 1, erased
    assert emulator.ask("predict", "api-customer")["statusCode"] == 404, "an erased customer is not answered"
    storage.delete(FILE)
    assert outcomes("s3-expired") == [(FILE, "removed")]
    assert outcomes("s3-notification-removed") == [(FILE, "removed")], "removed by hand, later than its expiry"
    return answered


def watched(logs):
    """Every line of every log is JSON, and the metrics that alarms and people look at are among them."""
    found = {}
    for function, log in logs.items():
        for line in log.read_text().splitlines():
            line = json.loads(line)
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
                assert directive["Namespace"] == "ltv" and directive["Dimensions"] == [["FunctionName"]], line
                assert line["FunctionName"] == function, line
                for metric in directive["Metrics"]:
                    found.setdefault(function, set()).add(metric["Name"])
                    assert isinstance(line[metric["Name"]], float), line
    assert found["preprocess"] >= {"Rows", "Rejects", "Seconds"}, found
    assert found["train"] >= {"Seconds", "SumRatio", "ModelAgeDays", "DaysSinceTraining"}, found
    assert found["predict"] >= {"Seconds"}, found
    print("metrics:", json.dumps({function: sorted(names) for function, names in found.items()}))
