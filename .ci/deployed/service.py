"""What surrounds a function in the deployment: the S3 that `ltv` embeds, the Lambda runtime API and its invocations.

In go the packaged binaries, out come their answers. Nothing here knows what a function does; a process that ends in the
middle of an invocation is started again for the next one, as Lambda does it."""
import http.server, itertools, json, queue, signal, socketserver, subprocess, sys, threading, time

import boto3
from botocore.config import Config

KEYS = {"AWS_ACCESS_KEY_ID": "ltv", "AWS_SECRET_ACCESS_KEY": "ltv", "AWS_REGION": "us-east-1"}


class Storage:
    """Both buckets in a folder, served by `ltv s3` for as long as a `with` lasts."""

    def __init__(self, ltv, folder):
        self.process = subprocess.Popen([ltv, "--data", str(folder), "--s3-port", "0", "s3"], stdout=subprocess.PIPE, text=True)
        served = json.loads(self.process.stdout.readline())
        self.endpoint, self.uploads, self.lake = served["endpoint"], served["uploads"], served["lake"]
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id="ltv", aws_secret_access_key="ltv", region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}))

    def put(self, key, body):
        self.client.put_object(Bucket=self.uploads, Key=key, Body=body)

    def delete(self, key):
        self.client.delete_object(Bucket=self.uploads, Key=key)

    def keys(self, prefix):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.lake, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def read(self, key):
        return self.client.get_object(Bucket=self.lake, Key=key)["Body"].read()

    def document(self, key):
        return json.loads(self.read(key))

    def environment(self, function):
        """What Lambda and the template give a function."""
        return {**KEYS, "PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": self.endpoint, "LTV_UPLOADS_BUCKET": self.uploads,
                "LTV_LAKE_BUCKET": self.lake, "AWS_LAMBDA_FUNCTION_NAME": function, "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008", "AWS_LAMBDA_LOG_FORMAT": "JSON",
                **{name: "" for name in ("LTV_CURRENCY", "LTV_MARGIN", "LTV_DISCOUNT_RATE", "LTV_HORIZON_DAYS")}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Failed(Exception):
    """An invocation that ended without an answer."""


class Function:
    """One function, at most one process of it at a time, behind a runtime API of its own."""

    def __init__(self, binary, environment, log):
        self.binary, self.environment, self.log = binary, environment, log
        self.waiting, self.polled, self.process = queue.Queue(), threading.Event(), None
        self.answers, self.numbers = {}, itertools.count(1)
        self.lock = threading.Lock()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.polled.set()
                number, deadline, body = owner.waiting.get()
                headers = {"Lambda-Runtime-Aws-Request-Id": f"00000000-0000-4000-8000-{number:012}",
                           "Lambda-Runtime-Deadline-Ms": str(deadline), "Content-Length": str(len(body)),
                           "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:ltv"}
                self.reply(200, headers, body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])) if "Content-Length" in self.headers else self.chunks()
                *_, number, kind = self.path.split("/")
                owner.answers.setdefault(int(number[-12:]) if number != "init" else 0, queue.Queue()).put((kind, body))
                self.reply(202, {"Content-Length": "0"}, b"")

            def chunks(self):
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def reply(self, status, headers, body):
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *address):
                """A killed process resets its connections; anything else is said."""
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(*address)

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def start(self):
        """Starts a process; seconds from exec to its first poll. Its events are its own: a poll of an earlier process that
        is still open never gets them."""
        self.polled.clear()
        self.waiting = queue.Queue()
        environment = {**self.environment, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self.server.server_port}
        begun = time.perf_counter()
        self.process = subprocess.Popen([self.binary], env=environment, stdout=open(self.log, "ab"), stderr=subprocess.STDOUT)
        while not self.polled.wait(0.002):
            if self.process.poll() is not None:
                raise Failed(f"{self.binary} ended with {self.process.returncode} before its first poll")
        return time.perf_counter() - begun

    def kill(self):
        """As Lambda ends a process: at once."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def invoke(self, event, seconds=900.0, stop=None):
        """The answer to an event. At the deadline, or once `stop` says so, the process is killed."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.start()
            number, deadline = next(self.numbers), time.time() + seconds
            answer = self.answers.setdefault(number, queue.Queue())
            self.waiting.put((number, int(deadline * 1000), json.dumps(event).encode()))
            while True:
                try:
                    kind, body = answer.get(timeout=0.01)
                    break
                except queue.Empty:
                    ended = self.process.poll() is not None
                    if ended or time.time() > deadline or (stop and stop()):
                        self.kill()
                        raise Failed("the process ended" if ended else "the process was killed")
        if kind == "error":
            raise Failed(body.decode())
        return json.loads(body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.server.shutdown()


def created(key, reason="Object Created"):
    """The event that EventBridge sends for a key."""
    return {"version": "0", "id": "1", "detail-type": reason, "source": "aws.s3", "account": "000000000000",
            "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
            "detail": {"version": "0", "bucket": {"name": "uploads"}, "object": {"key": key, "size": 1}}}


def queued(*events):
    """A queue's batch of messages."""
    return {"Records": [
        {"messageId": f"message-{n}", "receiptHandle": "x", "body": event if isinstance(event, str) else json.dumps(event),
         "attributes": {}, "messageAttributes": {}, "md5OfBody": "x", "eventSource": "aws:sqs",
         "eventSourceARN": "arn:aws:sqs:us-east-1:1:q", "awsRegion": "us-east-1"} for n, event in enumerate(events, 1)]}
