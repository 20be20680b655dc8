"""The state machine in a local interpreter, with the packaged functions behind its tasks: as scheduled, and once more on
the same lake with train killed in the middle of a trial. Both must reach the same choice."""
import contextlib, http.server, json, pathlib, re, shutil, subprocess, threading

from service import Failed, Function, Storage

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRIAL = re.compile(r"training/[^/]+/trial-\d+\.json")


class Invocations:
    """Lambda's Invoke, for the interpreter. `stop` is asked while train works."""

    def __init__(self, functions, stop):
        self.events, owner = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                name = self.path.split("/")[3]
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    answer = functions[name].invoke(event, stop=stop if name == "train" else None)
                    status, body = 200, json.dumps(answer).encode()
                    owner.events.append((name, event, answer))
                except Failed as error:
                    status, body = 500, str(error).encode()
                    owner.events.append((name, event, str(error)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def execute(input, invocations, interpreter):
    script = interpreter / "loop.mjs"
    shutil.copy(pathlib.Path(__file__).with_name("loop.mjs"), script)
    done = subprocess.run(["node", str(script), str(ROOT / "training.asl.json"), json.dumps(input), invocations.address],
                          capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def choice(storage):
    """What a training came to: every trial, the comparison and the decision, without clocks."""
    live = storage.document("current.json")
    card = storage.document(f"models/{live['model']}/card.json")
    card = card.get("card", card)
    return without_seconds({"model": live["model"], "trials": card["trials"], "evaluation": card["evaluation"]})


def without_seconds(value):
    if isinstance(value, dict):
        return {key: without_seconds(inner) for key, inner in value.items() if key != "seconds"}
    return [without_seconds(inner) for inner in value] if isinstance(value, list) else value


def trained(ltv, binaries, data, folder, interpreter, kill):
    """The state machine on the lake in `data`, from a reconcile with nothing live to the first model."""
    with contextlib.ExitStack() as started:
        storage = started.enter_context(Storage(ltv, data))
        functions = {
            name: started.enter_context(Function(binaries[name], storage.environment(name), folder / f"loop-{name}.log"))
            for name in ("preprocess", "train")}
        killed = []

        def stop():
            """Once, when two trials are stored and the third is on its way."""
            if killed or sum(bool(TRIAL.fullmatch(key)) for key in storage.keys("training/")) < 2:
                return False
            killed.append(True)
            return True

        invocations = Invocations(functions, stop if kill else None)
        execute({"action": "reconcile"}, invocations, interpreter)
        asked = [event for name, event, _ in invocations.events if name == "train"]
        failed = [answer for _, _, answer in invocations.events if isinstance(answer, str)]
        assert all(event["action"] == "score" and event["holder"].startswith("arn:") for event in asked), asked
        assert len(failed) == (1 if kill else 0), failed
        assert not kill or len(asked) == 2, asked
        found = choice(storage)
        # On demand, in single steps: the loop repeats until done.
        execute({"action": "train", "trials": 2, "force": True, "horizon_days": 30}, invocations, interpreter)
        steps = [answer["done"] for name, event, answer in invocations.events if name == "train" and event["action"] == "train"]
        assert len(steps) > 2 and steps[-1] and not any(steps[:-1]), steps
    return found, len(steps)


def run(ltv, binaries, business, folder, interpreter):
    data = [folder / "undisturbed", folder / "disturbed"]
    with Storage(ltv, data[0]) as storage:
        for key, body in business.items():
            storage.put(key, body)
        with Function(binaries["preprocess"], storage.environment("preprocess"), folder / "loop-preprocess.log") as preprocess:
            assert preprocess.invoke({"action": "reconcile"})["done"]
    shutil.copytree(*data, copy_function=shutil.copy2)
    undisturbed, steps = trained(ltv, binaries, data[0], folder, interpreter, kill=False)
    disturbed, _ = trained(ltv, binaries, data[1], folder, interpreter, kill=True)
    assert undisturbed == disturbed, (undisturbed, disturbed)
    evaluation = undisturbed["evaluation"]
    print(f"state machine: of {len(undisturbed['trials'])} trials {json.dumps(evaluation['candidates'][0]['recipe'])} was chosen and "
          f"the decision was {evaluation['decision']}, with train killed in a trial or not; on demand done in {steps} steps")
