// Runs training.asl.json in a local interpreter: in go the file, an input and the address of a Lambda API, out comes
// the execution's output. Tasks are invocations over that API; only their pauses between retries are shortened.
import { readFileSync } from "node:fs";

// The interpreter is written for newer Node versions than some machines have.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};
const { StateMachine } = await import("aws-local-stepfunctions");

const [file, input, address] = process.argv.slice(2);
const arn = (name) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
const definition = readFileSync(file, "utf8")
  .replaceAll("${PreprocessFunctionArn}", arn("preprocess"))
  .replaceAll("${TrainFunctionArn}", arn("train"));

const invoke = (name) => async (event) => {
  const path = `/2015-03-31/functions/${name}/invocations`;
  const answer = await fetch(address + path, { method: "POST", body: JSON.stringify(event) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};

// Validates the definition as well: a state or field that Amazon States Language does not have is an error here.
const machine = new StateMachine(JSON.parse(definition));
const execution = machine.run(JSON.parse(input), {
  context: { Execution: { Id: "arn:aws:states:us-east-1:000000000000:execution:ltv:1" } },
  overrides: {
    taskResourceLocalHandlers: { Reconcile: invoke("preprocess"), Train: invoke("train") },
    retryIntervalOverrides: { Reconcile: 100, Train: 100 },
  },
});
console.log(JSON.stringify(await execution.result));
