"""Events that are duplicated, dropped, reordered, poisoned, timed out or killed, handed to the packaged preprocess. After
each, the lake must hold what the uploads hold: no row lost, none doubled, no cent of difference."""
import concurrent.futures, contextlib, io, json

import pyarrow.compute as compute
import pyarrow.parquet as parquet
from service import Failed, Function, created, queued

KEY = "transactions/my orders/a b+c.csv"


def orders(rows, amount=1, first=0):
    lines = (f"o{n},c{n % 997},2025-{n % 12 + 1:02}-{n % 28 + 1:02},{amount}.25" for n in range(first, first + rows))
    return "\n".join(["order_id,customer_id,order_date,amount", *lines, ""]).encode()


def held(storage):
    """Rows and millionths of money in the parts that records name: what a reader sees."""
    rows = money = 0
    for key in storage.keys("sources/"):
        for part in storage.document(key)["parts"]:
            table = parquet.read_table(io.BytesIO(storage.read(part["key"])), columns=["amount"])
            assert table.num_rows == part["rows"], part
            rows += table.num_rows
            money += int(compute.sum(table["amount"]).as_py().scaleb(6))
    return rows, money


class Case:
    def __init__(self, functions, storage):
        self.functions, self.storage = functions, storage
        self.ask = functions[0].invoke

    def holds(self, name, rows, amount=1):
        assert held(self.storage) == (rows, rows * (amount * 1_000_000 + 250_000)), (name, held(self.storage), rows)
        print(f"fault: {name}: {rows} rows, none lost or doubled", flush=True)

    def clear(self):
        for key in self.storage.keys("sources/"):
            self.storage.delete(self.storage.document(key)["key"])
        assert self.ask({"action": "reconcile"})["done"]
        assert held(self.storage) == (0, 0)


def run(binary, storage, folder):
    with contextlib.ExitStack() as started:
        functions = [started.enter_context(Function(binary, storage.environment("preprocess"), folder / "faults.log")) for _ in range(3)]
        case = Case(functions, storage)
        put, ask = storage.put, case.ask
        put(KEY, orders(20_000))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answers = [pool.submit(function.invoke, queued(created(KEY))) for function in case.functions for _ in range(2)]
            assert all(answer.result() == {"batchItemFailures": []} for answer in answers)
        case.holds("duplicated six times, three at once", 20_000)
        case.clear()

        put(KEY, orders(5_000))
        put("transactions/more.csv", orders(5_000, first=5_000))
        assert len(ask({"action": "reconcile"})["ingested"]) == 2
        storage.delete("transactions/more.csv")
        ask({"action": "reconcile"})
        case.holds("dropped, of an upload and of a removal", 5_000)

        put(KEY, orders(7_000, amount=2))
        ask(queued(created(KEY)))
        storage.delete(KEY)
        ask(queued(created(KEY, "Object Deleted")))
        ask(queued(created(KEY)))
        case.holds("reordered, created after deleted", 0, 2)
        put(KEY, orders(8_000, amount=2))
        ask(queued(created(KEY)))
        ask(queued(created(KEY, "Object Deleted")))
        case.holds("reordered, deleted after it came back", 8_000, 2)
        case.clear()

        put(KEY, orders(3_000))
        other = json.dumps({**created(KEY), "detail": {"bucket": {"name": "others"}, "object": {"key": KEY}}})
        answer = ask(queued("no event", created(KEY), other))
        assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}, {"itemIdentifier": "message-3"}]}, answer
        put("transactions/picture.csv", b"\x89PNG\x00\x01\x02\xff")
        assert ask(created("transactions/picture.csv"))["uploads"][0]["unreadable"]
        case.holds("poisoned, two messages and a file", 3_000)
        case.clear()

        put(KEY, orders(400_000))
        timed_out(case)
        case.holds("timed out, then delivered again", 400_010)
        case.clear()
        put(KEY, orders(400_000))
        killed(case)
        for name in ("killed nine times, then delivered again", "delivered once more"):
            assert ask(queued(created(KEY))) == {"batchItemFailures": []}
            case.holds(name, 400_000)


def timed_out(case):
    """The time limit ends the process before it is done; a reconcile that sees the limit come stops by itself."""
    ends_early(case, 0.2)
    late = "transactions/late.csv"
    case.storage.put(late, orders(10, first=400_000))
    answer = case.ask({"action": "reconcile"}, seconds=60.0)
    assert not answer["done"] and answer["remaining"] >= 1 and not answer["ingested"], answer
    for key in (KEY, late):
        case.ask(queued(created(key)))


def killed(case):
    """At nine moments of its work, each on the ruins of the one before."""
    for tenths in range(1, 10):
        ends_early(case, tenths / 10)


def ends_early(case, seconds):
    try:
        case.ask(queued(created(KEY)), seconds=seconds)
    except Failed:
        pass
    # Whether it was faster than the clock or not, all of it is visible or nothing.
    assert held(case.storage)[0] in (0, 400_000), held(case.storage)
