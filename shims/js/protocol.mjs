// The lines: what a request says, and what is said to it.

let heard = () => {};

/** Has `listener` called with each line. */
export const onSaid = (listener) => { heard = listener; };

/** Writes a line; `said` is called once it is out. */
export function say(line, said) {
  process.stdout.write(`${JSON.stringify(line)}\n`, said);
  heard();
}

/** Thrown to answer so. Any other exception is caught nowhere: the process dies and says where. */
export class Refusal extends Error {
  constructor(answer) {
    super(JSON.stringify(answer));
    this.answer = answer;
  }
}

/** The request is wrong. */
export const fault = (message) => new Refusal({ fault: { message } });

/** The library has no such thing. */
export const unsupported = (reason) => new Refusal({ unsupported: { reason } });

/** The library said no: a class, and its own words. A write adds `bytes`, how many of them went out. */
export const failed = (kind, native, done) => new Refusal({ err: { class: kind, native, ...done } });

/** A field that must be a text. */
export function text(request, name) {
  if (typeof request[name] === 'string' && request[name] !== '') return request[name];
  throw fault(`${request.op} needs "${name}", a text`);
}

/** A field that must be a number from 0 on, unless there is one to take where it is absent. */
export function number(request, name, absent) {
  const value = request[name] ?? absent;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw fault(`${request.op} needs "${name}", a whole number from 0 on`);
}
