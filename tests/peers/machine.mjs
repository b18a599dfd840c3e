// The machine and the versions that figures were made with.

import fs from "node:fs";
import os from "node:os";

/** The packages that are compared, as they are named in `package.json`. */
function packages() {
  const read = (file) => JSON.parse(fs.readFileSync(new URL(file, import.meta.url), "utf8"));
  const names = Object.keys(read("package.json").dependencies);
  return Object.fromEntries(names.map((name) => [name, read(`node_modules/${name}/package.json`).version]));
}

export function machine() {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    packages: packages(),
    // What else is running counts: compare figures of a quiet machine, made one after another.
    load: Math.round(os.loadavg()[0] * 10) / 10,
  };
}
