// node table.mjs KOFFIEKAR PEERS...
//
// The first file is what `cargo xtask bench push pull idle` printed, the others what `node run.mjs` printed, on the
// same machine. Prints the comparison as Markdown. Where a file holds several runs, their median counts.

import fs from "node:fs";

const ENGINES = { sqlite: "Koffiekar", pouchdb: "PouchDB", "automerge-repo": "automerge-repo" };
const OURS = "sqlite";
// How many conversations Koffiekar's own pull and idle are measured with.
const FULL = 10_000;

const ROWS = [
  ["push_500", "a tablet hands in 500 conversations"],
  ["push_2000", "a tablet hands in 2,000"],
  ["push_10000", "a tablet hands in 10,000"],
  ["pull", `a fresh tablet fetches ${number(FULL)}`],
  ["pull_bytes_per_conversation", "over the wire, for each of them"],
  ["idle_median", `a tablet that has all ${number(FULL)} asks again`],
  ["idle_requests", "requests for that"],
  ["idle_bytes", "bytes for that"],
];

function number(value) {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

function withUnit(value, unit) {
  return unit === "requests" ? number(value) : `${number(value)} ${unit}`;
}

function times(ratio) {
  const rounded = ratio < 10 ? Math.round(ratio * 10) / 10 : Math.round(ratio);
  return `${rounded.toLocaleString("en")}×`;
}

function read(files) {
  const lines = files.flatMap((file) => fs.readFileSync(file, "utf8").split("\n"));
  const objects = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const machines = objects.filter((object) => object.machine).map((object) => object.machine);
  return { machines, figures: objects.filter((object) => object.name && object.engine in ENGINES) };
}

/** What is known of this engine: the most conversations it was measured with, and the median of those runs. */
function measured(figures, row, engine) {
  const named = (name) => name === row || (row === "pull" && /^pull_\d+$/.test(name));
  const found = figures.filter((figure) => figure.engine === engine && named(figure.name));
  if (found.length === 0) return null;
  const countOf = ({ name, conversations }) => conversations ?? Number(/_(\d+)$/.exec(name)?.[1] ?? FULL);
  const count = Math.max(...found.map(countOf));
  const runs = found.filter((figure) => countOf(figure) === count);
  const gaveUp = runs.find(({ value }) => value === null);
  if (gaveUp) return { ...gaveUp, count };
  runs.sort((one, other) => one.value - other.value);
  return { ...runs[Math.floor((runs.length - 1) / 2)], count };
}

function cell(figure, ours, row) {
  if (figure === null) return "–";
  if (figure.value === null) return `over ${withUnit(figure.more_than, figure.unit)}`;
  const value = withUnit(figure.value, figure.unit);
  if (!row.startsWith("push") && figure.count !== FULL) return `${value} with ${number(figure.count)}`;
  if (ours === null || figure.engine === OURS) return value;
  return `${value} (${times(figure.value / ours.value)})`;
}

function table(figures) {
  const engines = Object.keys(ENGINES);
  const lines = [
    `| | ${engines.map((engine) => ENGINES[engine]).join(" | ")} |`,
    `|---|${engines.map(() => "---:").join("|")}|`,
  ];
  for (const [row, what] of ROWS) {
    const all = engines.map((engine) => measured(figures, row, engine));
    if (all[0] === null) process.stderr.write(`${row}: Koffiekar's figure is missing\n`);
    if (all.every((figure) => figure === null)) continue;
    lines.push(`| ${what} | ${all.map((figure) => cell(figure, all[0], row)).join(" | ")} |`);
  }
  return lines.join("\n");
}

function caption(machines) {
  const [{ processor, cores, memory_gib, system, node, packages }] = machines;
  const same = (other) => other.processor === processor && other.cores === cores && other.node === node;
  if (!machines.every(same)) throw new Error("these figures come from more than one machine");
  const named = ["pouchdb", "express-pouchdb", "@automerge/automerge-repo", "@automerge/automerge"];
  const versions = named.map((name) => `${name} ${packages[name]}`).join(", ");
  const loads = machines.map(({ load }) => load);
  const load = Math.max(...loads);
  return (
    "In brackets: how many times Koffiekar's figure. " +
    `${cores} cores (${processor}), ${memory_gib} GiB, ${system}; load average at most ${load} before each run; ` +
    `Node ${node.slice(1)}; ${versions}. Bytes are those of bodies and messages.`
  );
}

const files = process.argv.slice(2);
try {
  if (files.length < 2) throw new Error("node table.mjs KOFFIEKAR PEERS...");
  const { machines, figures } = read(files);
  if (machines.length === 0) throw new Error("no file tells of the machine: the second must be of `node run.mjs`");
  console.log(`${table(figures)}\n\n${caption(machines)}`);
} catch (error) {
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 1;
}
