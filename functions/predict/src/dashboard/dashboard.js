// Reads the JSON routes beside this file and shows them. Every value becomes a text node: nothing that was uploaded
// can become markup.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  let currency = null;

  // An element with attributes and children; text is never parsed.
  const el = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
    return made;
  };
  const show = (id, ...children) => at(id).replaceChildren(...children);
  const quiet = (text) => el("p", { class: "quiet" }, text);

  const none = "–";
  const known = (value) => value !== null && value !== undefined;
  const number = (value, digits = 0) =>
    known(value) ? Number(value).toLocaleString(undefined, { maximumFractionDigits: digits, minimumFractionDigits: digits }) : none;
  const money = (value, digits = 0) => {
    if (!known(value)) return none;
    return currency ? `${number(value, digits)} ${currency}` : number(value, digits);
  };
  const share = (value, digits = 0) => (known(value) ? `${number(value * 100, digits)} %` : none);
  const times = (value) => (known(value) ? `${number(value, 2)}×` : none);

  // The JSON of a route, or an Error with the problem document's sentence.
  const read = async (path) => {
    const response = await fetch(path, { headers: { Accept: "application/json" } });
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    throw new Error(body?.detail ?? `The API answered ${response.status}.`);
  };

  // Columns are [title, value of a row, "text"?].
  const table = (columns, rows, total) => {
    const cell = (tag, content, kind) => el(tag, kind ? { class: kind } : {}, content);
    const line = (row, kind) => el("tr", kind ? { class: kind } : {}, ...columns.map(([, value, text]) => cell("td", value(row), text)));
    const head = el("thead", {}, el("tr", {}, ...columns.map(([title, , text]) => cell("th", title, text))));
    const body = el("tbody", {}, ...rows.map((row) => line(row)), ...(total ? [line(total, "all")] : []));
    return el("div", { class: "scroll" }, el("table", {}, head, body));
  };
  const tile = (label, value, note) =>
    el("div", { class: "tile" }, label, el("b", {}, value), ...(note ? [el("span", { class: "quiet" }, note)] : []));

  const segments = async () => {
    const answer = await read("segments");
    const { total } = answer;
    at("as-of").textContent = `Predicted from ${answer.cutoff} on, for ${answer.horizon_days} days; model ${answer.model_id}.`;
    show("totals",
      tile("Customers", number(total.customers), `${number(total.cold)} with at most one purchase day`),
      tile(`Spend in the next ${answer.horizon_days} days`, money(total.predicted_spend), `80 %: ${money(total.low)} to ${money(total.high)}`),
      tile("Spend to date", money(total.spend_to_date)),
      tile("Lifetime value", money(total.ltv), known(total.contribution_ltv) ? `contribution ${money(total.contribution_ltv)}` : "no margin is set"));
    const sum = total.predicted_spend || 1;
    const part = (row) => el("progress", { max: 1, value: Math.min(1, Math.max(0, row.predicted_spend / sum)), title: share(row.predicted_spend / sum, 1) });
    const rules = answer.segments.filter((row) => row.rules.length > 0).map((row) => el("div", {},
      el("h3", {}, row.segment),
      el("ul", {}, ...row.rules.map((rule) => el("li", {}, `${rule.rule} (${share(rule.share)} of customers, right for ${share(rule.precision)})`)))));
    show("segments", table([
      ["Segment", (row) => row.segment],
      ["begins at", (row) => money(row.from, 2)],
      ["Customers", (row) => number(row.customers)],
      ["cold", (row) => number(row.cold)],
      ["Predicted spend", (row) => money(row.predicted_spend)],
      ["80 % interval", (row) => `${number(row.low)} – ${number(row.high)}`],
      ["Share", part],
      ["Lifetime value", (row) => money(row.ltv)],
    ], answer.segments), ...rules);
  };

  const channels = async () => {
    const answer = await read("channels");
    if (!answer.channels?.length) return show("channels", quiet("No channel is known. Upload ad spend, and orders or customers that name their channel."));
    if (answer.cross_section) {
      return show("channels", table([
        ["Channel", (row) => row.channel],
        ["Customers", (row) => number(row.customers)],
        ["Cost", (row) => money(row.cost)],
        ["Revenue", (row) => money(row.revenue)],
        ["CAC", (row) => money(row.cac, 2)],
        ["ROAS", (row) => times(row.roas)],
      ], answer.channels, answer.total));
    }
    if (answer.media) {
      return show("channels", table([
        ["Channel", (row) => row.channel],
        ["Spend", (row) => money(row.spend)],
        ["Return of further spend", (row) => times(row.marginal_roas?.mean)],
      ], answer.channels));
    }
    show("channels",
      quiet(`${answer.from} to ${answer.to}, not including the last day; ${answer.horizon} days a customer.`),
      table([
        ["Channel", (row) => row.channel],
        ["Spend", (row) => money(row.spend)],
        ["New customers", (row) => number(row.new_customers)],
        ["CAC", (row) => money(row.cac, 2)],
        ["Spend of a new one", (row) => money(row.acquisition_revenue, 2)],
        ["LTV ÷ CAC", (row) => times(row.ltv_to_cac)],
        ["ROAS so far", (row) => times(row.observed_roas)],
        ["ROAS predicted", (row) => times(row.predicted_roas)],
        ["contribution", (row) => times(row.contribution_roas)],
      ], answer.channels, answer.total));
  };

  // A response curve: value of a period by spend, as a line in its band.
  const drawn = (name, attributes, ...children) => {
    const made = document.createElementNS(at("drawing").namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const curve = (answer) => {
    const [width, height, base, left] = [260, 150, 126, 4];
    const most = answer.points[answer.points.length - 1].spend || 1;
    const highest = Math.max(...answer.points.map((point) => point.value.high)) || 1;
    const x = (spend) => (left + (spend / most) * (width - 2 * left)).toFixed(1);
    const y = (value) => (base - (Math.max(0, value) / highest) * (base - 18)).toFixed(1);
    const along = (points, of) => points.map((point) => `${x(point.spend)},${y(of(point.value))}`).join(" ");
    const band = `${along(answer.points, (value) => value.high)} ${along([...answer.points].reverse(), (value) => value.low)}`;
    return el("figure", { class: "tile" }, el("figcaption", {}, answer.channel),
      drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `What spend on ${answer.channel} brings` },
        drawn("polygon", { class: "band", points: band }),
        drawn("polyline", { class: "mean", points: along(answer.points, (value) => value.mean) }),
        drawn("line", { class: "now", x1: x(answer.current), x2: x(answer.current), y1: 18, y2: base }),
        drawn("text", { x: left, y: 12 }, number(highest)),
        drawn("text", { x: width - left, y: height - 8, "text-anchor": "end" }, money(most))),
      ...(answer.held ? [quiet(`Held: ${answer.held}.`)] : []));
  };

  const budget = async () => {
    const response = await fetch("budget", { method: "POST", headers: { Accept: "application/json" } });
    const advice = await response.json().catch(() => null);
    if (!response.ok) throw new Error(advice?.detail ?? `The API answered ${response.status}.`);
    show("budget", el("p", {}, `${advice.reason[0].toUpperCase()}${advice.reason.slice(1)}.`), table([
      ["Channel", (row) => row.channel],
      ["Now", (row) => money(row.current)],
      ["Recommended", (row) => money(row.recommended)],
      ["Return of further spend", (row) => times(row.marginal_return?.mean)],
      ["80 % interval", (row) => (row.marginal_return ? `${number(row.marginal_return.low, 2)} – ${number(row.marginal_return.high, 2)}` : none)],
      ["", (row) => (row.held ? `held: ${row.held}` : ""), "text"],
    ], advice.channels));
  };

  // One after the other: a page of many channels asks for as many curves.
  const curves = async () => {
    const { channels } = await read("channels");
    const figures = [];
    for (const { channel } of channels ?? []) {
      const answer = await read(`channels/${encodeURIComponent(channel)}/curve`).catch(() => null);
      if (answer?.points.length) figures.push(curve(answer));
    }
    show("curves", ...figures);
  };

  const model = async () => {
    const card = await read("model");
    currency = card.currency ?? currency;
    if (card.cross_section) {
      return show("model", quiet(card.cross_section.finding ?? "Learned from a table without dates: it predicts nobody's future."));
    }
    if (card.media) return show("model", quiet(card.reason ?? "Learned from media and revenue: it predicts nobody's future."));
    const evaluation = card.evaluation ?? {};
    const metrics = evaluation.metrics ?? {};
    const digits = { gini: 3, r2: 3, spearman: 3, sum_ratio: 2, top10: 2 };
    const names = { gini: "Gini", r2: "R²", sum_ratio: "Predicted ÷ actual", rmse: "RMSE", mae: "MAE", spearman: "Spearman", top10: "Top 10 % capture" };
    const tiles = Object.keys(names).filter((key) => typeof metrics[key] === "number")
      .map((key) => tile(names[key], number(metrics[key], digits[key] ?? 2)));
    const splits = card.splits
      ? quiet(`Judged once, on ${card.splits.horizon} days from ${card.splits.test} on, which no choice had seen. Data from ${card.splits.start} to ${card.splits.end}.`)
      : quiet("");
    const children = [splits, el("div", { class: "tiles" }, ...tiles)];
    if (evaluation.reason) children.push(el("p", {}, evaluation.reason));
    if (card.caveats?.length) children.push(el("h3", {}, "What was found wanting"), el("ul", {}, ...card.caveats.map((caveat) => el("li", {}, caveat))));
    const newest = card.newest_training;
    if (newest && newest.decision === "keep") {
      const reasons = [...newest.verdict.reasons, ...newest.caveats];
      children.push(el("h3", {}, `The newest training, ${newest.trained_at.slice(0, 10)}, left it in place`),
        el("p", {}, newest.reason), el("ul", {}, ...reasons.map((reason) => el("li", {}, reason))));
    }
    const past = card.track_record?.scorings ?? [];
    if (past.length) {
      children.push(el("h3", {}, "What past scorings came to"), table([
        ["From", (row) => `${row.cutoff}, ${row.horizon} days`],
        ["Customers", (row) => number(row.customers)],
        ["Predicted", (row) => money(row.predicted)],
        ["Realised", (row) => money(row.realised)],
        ["Predicted ÷ realised", (row) => number(row.metrics.sum_ratio, 2)],
        ["MAE", (row) => number(row.metrics.mae, 2)],
        ["Gini", (row) => number(row.metrics.gini, 3)],
        ["Inside 80 %", (row) => share(row.inside, 1)],
      ], past.slice(0, 24)));
    }
    const features = (card.features ?? []).filter((feature) => feature.importance > 0).slice(0, 10);
    if (features.length) {
      children.push(el("h3", {}, "What it looks at most"), table([
        ["Feature", (row) => row.name],
        ["", (row) => row.description, "text"],
        ["Importance", (row) => share(row.importance, 1)],
      ], features));
    }
    show("model", ...children);
  };

  const lookup = async (id) => {
    const customer = await read(`customers/${encodeURIComponent(id)}`);
    show("customer",
      el("div", { class: "tiles" },
        tile("Segment", customer.segment, customer.cold ? "cold: at most one purchase day" : ""),
        tile(`Next ${customer.horizon_days} days`, money(customer.predicted_spend, 2), `80 %: ${money(customer.low, 2)} to ${money(customer.high, 2)}`),
        tile("Spend to date", money(customer.spend_to_date, 2), `${number(customer.orders)} orders, the last on ${customer.last_order ?? none}`),
        tile("Lifetime value", money(customer.ltv, 2), known(customer.contribution_ltv) ? `contribution ${money(customer.contribution_ltv, 2)}` : "")),
      table([
        ["Recent days", (row) => row.day],
        ["Net amount", (row) => money(row.amount, 2)],
        ["Lines", (row) => number(row.lines)],
      ], customer.recent));
  };

  const upload = async (id) => {
    const answer = await read(`uploads/${encodeURIComponent(id)}`);
    const rejects = Object.entries(answer.report.rejects);
    show("upload", el("h3", {}, answer.key), el("pre", {}, answer.text),
      ...(rejects.length ? [quiet(`The refused rows, with line and reason: ${answer.rejected_rows} in the lake's bucket.`)] : []));
  };

  let lines = [];
  const uploads = async (after) => {
    const page = await read(after ? `uploads?after=${encodeURIComponent(after)}` : "uploads");
    lines = lines.concat(page.uploads);
    const name = (row) => {
      const button = el("button", { type: "button" }, row.key);
      button.addEventListener("click", () => guard("upload", upload(row.source_id)));
      return button;
    };
    const state = (row) => (row.unreadable ? `not read: ${row.unreadable}` : row.state);
    if (!lines.length) return show("uploads", quiet("Nothing was uploaded yet."));
    show("uploads", quiet(`${number(lines.length)} of ${number(page.total)}`), table([
      ["File", name],
      ["Table", (row) => row.table ?? none],
      ["Rows", (row) => number(row.rows)],
      ["kept", (row) => number(row.kept)],
      ["rejected", (row) => number(row.rejected)],
      ["Processed", (row) => new Date(row.processed_at).toLocaleString()],
      ["", state, "text"],
    ], lines));
    at("more").hidden = !page.next;
    at("more").onclick = () => guard("uploads", uploads(page.next));
  };

  // Shows what went wrong where the answer would have been.
  const guard = (id, work) => work.catch((error) => show(id, el("p", { class: "notice" }, error.message)));

  at("lookup").addEventListener("submit", (event) => {
    event.preventDefault();
    guard("customer", lookup(at("customer-id").value.trim()));
  });

  // The card first: it knows the currency.
  guard("model", model()).then(() => Promise.all([
    segments().catch((error) => {
      at("as-of").textContent = "";
      at("notice").textContent = error.message;
      at("notice").hidden = false;
    }),
    guard("channels", channels()),
    guard("budget", budget()),
    guard("curves", curves()),
    guard("uploads", uploads()),
  ]));
})();
