// Counts what goes over the wire: a TCP forwarder that reads along just far enough to tell the heads of HTTP
// messages from their bodies. `cargo xtask bench` counts bodies, so bodies are what may be compared with it.

import net from "node:net";

/** One direction of one connection. */
class Direction {
  #add;
  #head = "";
  // What is left of a body; `Infinity` for a socket that was upgraded, `null` inside a head.
  #left = null;
  #chunked = false;

  constructor(add) {
    this.#add = add;
  }

  take(bytes) {
    this.#add("wire", bytes.length);
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === null) {
        at += this.#takeHead(bytes, at);
      } else {
        const here = Math.min(this.#left, bytes.length - at);
        this.#add("body", here);
        this.#left -= here;
        at += here;
        if (this.#left === 0) this.#left = null;
      }
    }
  }

  /** Reads a head, or the line that tells how long the next chunk is. Returns how many bytes that took. */
  #takeHead(bytes, at) {
    const known = this.#head.length;
    this.#head += bytes.toString("latin1", at);
    const end = this.#chunked ? "\r\n" : "\r\n\r\n";
    const found = this.#head.indexOf(end);
    if (found < 0) return bytes.length - at;
    const head = this.#head.slice(0, found);
    this.#head = "";
    if (this.#chunked) this.#chunk(head);
    else this.#message(head);
    return found + end.length - known;
  }

  #chunk(line) {
    const size = Number.parseInt(line, 16);
    if (Number.isNaN(size)) throw new Error(`no length of a chunk: ${line}`);
    // Each chunk, also the last and empty one, ends with two bytes more.
    this.#left = size + 2;
    if (size === 0) this.#chunked = false;
  }

  #message(head) {
    this.#add("messages", 1);
    const value = (name) => head.match(new RegExp(`^${name}: *(.*)$`, "im"))?.[1];
    this.#chunked = /chunked/i.test(value("transfer-encoding") ?? "");
    const length = Number(value("content-length") ?? 0);
    if (/^HTTP\/1.1 101 /.test(head) || value("upgrade")) this.#left = Infinity;
    else if (!this.#chunked && length > 0) this.#left = length;
  }
}

export class Wire {
  #server;
  #sockets = new Set();
  #to;
  #sent;
  #received;

  /** Forwards to this port until closed. */
  static async open(port) {
    const wire = new Wire();
    wire.#to = port;
    wire.reset();
    wire.#server = net.createServer((tablet) => wire.#forward(tablet));
    await new Promise((resolve, reject) => {
      wire.#server.on("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return wire;
  }

  get port() {
    return this.#server.address().port;
  }

  reset() {
    this.#sent = { wire: 0, body: 0, messages: 0 };
    this.#received = { wire: 0, body: 0, messages: 0 };
  }

  /** Since the last reset, both directions together: all bytes, those of bodies, and how many requests. */
  counted() {
    return {
      wire: this.#sent.wire + this.#received.wire,
      body: this.#sent.body + this.#received.body,
      requests: this.#sent.messages,
    };
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(tablet) {
    const server = net.connect(this.#to, "127.0.0.1");
    this.#pipe(tablet, server, () => this.#sent);
    this.#pipe(server, tablet, () => this.#received);
  }

  #pipe(from, to, totals) {
    this.#sockets.add(from);
    from.setNoDelay(true);
    const direction = new Direction((name, many) => (totals()[name] += many));
    from.on("data", (bytes) => {
      direction.take(bytes);
      if (!to.write(bytes)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
