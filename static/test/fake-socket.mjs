// A WebSocket whose server is the test.

export class FakeSocket {
  /** @type {FakeSocket[]} */ static all = [];
  readyState = 0;
  sent = [];

  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
    FakeSocket.all.push(this);
  }

  send(text) { this.sent.push(JSON.parse(text)); }
  close(code = 1005) { this.closed = code; }

  /** The newest socket of the client. */
  static last() { return FakeSocket.all.at(-1); }

  async open() {
    this.readyState = 1;
    this.onopen();
    await settle();
  }

  async say(message) {
    this.onmessage({ data: JSON.stringify(message) });
    await settle();
  }

  async drop(code) {
    this.readyState = 3;
    this.onclose({ code });
    await settle();
  }

  /** Opens and answers hello. */
  async welcome() {
    await this.open();
    await this.answer('hello', { session: 'x', user: 'asha', member: 'asha', roles: [] });
  }

  /** Answers the newest unanswered request of an operation. */
  async answer(op, ok) {
    const request = this.request(op);
    request.answered = true;
    await this.say({ id: request.id, ok });
  }

  async refuse(op, error) {
    const request = this.request(op);
    request.answered = true;
    await this.say({ id: request.id, error });
  }

  request(op) {
    const found = this.sent.findLast((message) => message.op === op && !message.answered);
    if (!found) throw new Error(`no ${op} was sent: ${JSON.stringify(this.sent)}`);
    return found;
  }

  ops() { return this.sent.map((message) => message.op); }
}

/** Lets promises run. */
export async function settle() { for (let i = 0; i < 10; i++) await null; }
