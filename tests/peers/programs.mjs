// Server and tablet are programs of their own, each started here, asked here and ended here by its own id.

import { fork } from "node:child_process";

const running = new Set();

/** The other end: carries out the steps that it is asked for, one after another, until nobody asks any more. */
export function answer(steps) {
  process.on("message", async ({ step, argument }) => {
    try {
      process.send({ result: (await steps[step](argument)) ?? null });
    } catch (error) {
      process.send({ failed: error?.stack ?? String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

/** Milliseconds by the clock of the machine, which all programs here share. */
export const clock = () => performance.timeOrigin + performance.now();

/** Why there is no figure: it took longer than was allowed. */
export class TooLong extends Error {
  constructor(step, seconds) {
    super(`${step} was not done after ${seconds} s`);
    this.step = step;
    this.seconds = seconds;
  }
}

export class Program {
  #child;
  #name;
  #seconds;

  /** `seconds` bounds every step. */
  constructor(name, seconds) {
    this.#name = name;
    this.#seconds = seconds;
    const file = new URL(name, import.meta.url);
    this.#child = fork(file, { stdio: ["ignore", 2, 2, "ipc"] });
    running.add(this);
  }

  ask(step, argument) {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const ends = (settle, value) => {
        clearTimeout(timer);
        child.off("message", answered).off("exit", ended);
        settle(value);
      };
      const answered = ({ result, failed }) => {
        if (failed === undefined) ends(resolve, result);
        else ends(reject, new Error(`${this.#name}, ${step}: ${failed}`));
      };
      const ended = (code, signal) => {
        ends(reject, new Error(`${this.#name} ended in the middle of ${step}: ${signal ?? code}`));
      };
      const late = () => {
        this.end();
        ends(reject, new TooLong(step, this.#seconds));
      };
      const timer = setTimeout(late, this.#seconds * 1000);
      child.on("message", answered).on("exit", ended);
      child.send({ step, argument });
    });
  }

  /** What it holds is thrown away after this: nothing needs to be put away neatly. */
  end() {
    running.delete(this);
    this.#child.kill("SIGKILL");
  }
}

export function endAll() {
  for (const program of running) program.end();
}
