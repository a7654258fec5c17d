// The real binary for the tests of the pages: built once, started on a port and
// a data directory of its own, killed and started again.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const root = new URL('../..', import.meta.url).pathname;
const binary = join(root, 'bin/rollcall');
execFileSync('go', ['build', '-o', binary, './cmd/rollcall'], { cwd: root, stdio: 'inherit' });

/** Runs a verb to its end; resolves to its stdout. */
export async function run(...args) {
  return (await promisify(execFile)(binary, args, { maxBuffer: 1 << 24 })).stdout;
}

/** A running `rollcall serve`. */
export class Hub {
  #flags; #data; #process; #exited; #log = '';
  url = '';

  /** Starts a hub; who starts it must end it. @param {string[]} flags */
  static async start(...flags) {
    const hub = new Hub();
    hub.#flags = flags;
    hub.#data = mkdtempSync(join(tmpdir(), 'rollcall-hub-'));
    await hub.#start('127.0.0.1:0');
    return hub;
  }

  /** What it has complained of. */
  get log() { return this.#log; }

  /** Ends the hub and removes its data. */
  async end() {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** Ends the process as kill -9 does. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  /** Starts again on the same data and port. */
  restart() { return this.#start(new URL(this.url).host); }

  async #start(listen) {
    const process = spawn(binary, ['serve', '--listen', listen, '--data', this.#data, ...this.#flags]);
    this.#process = process;
    this.#exited = new Promise((resolve) => process.once('exit', resolve));
    process.stderr.on('data', (text) => { this.#log += text; });
    this.url = await new Promise((resolve, reject) => {
      let out = '';
      process.stdout.on('data', (text) => {
        out += text;
        const line = /^participants\s+(\S+)\/\n/m.exec(out);
        if (line) resolve(line[1]);
      });
      this.#exited.then((code) => reject(new Error(`the hub ended with ${code}: ${this.#log}`)));
    });
  }

  /** Asks the HTTP API; any refusal throws. */
  async ask(method, path, body, token = '') {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Pushes one event with curl; resolves to when its answer was here, in ms since 1970. */
  async curl(board, event) {
    const { stdout } = await promisify(execFile)('curl', ['--silent', '--show-error', '--fail',
      '--header', 'Content-Type: application/json', '--data', JSON.stringify(event), `${this.url}/v1/boards/${board}/events`]);
    const now = Date.now();
    const { results: [result] } = JSON.parse(stdout);
    if (result.status !== 'applied') throw new Error(stdout);
    return now;
  }
}
