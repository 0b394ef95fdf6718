// A body that is read before it is decided whether it goes on.

import { Readable } from "node:stream";

/** More than a body of the hub or of a server says that decides anything. */
const MOST = 1 << 20;

/** The body, of which no more is kept than is waited for; nothing when it is larger. */
export async function body(request) {
  if (Number(request.headers["content-length"] ?? 0) > MOST) return undefined;
  const [parts, size] = [[], { is: 0 }];
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    size.is += part.length;
    if (size.is > MOST) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Has a request whose body was read give it once more to whatever it is piped to. */
export function again(request, bytes) {
  request.pipe = (into) => Readable.from([bytes], { objectMode: false }).pipe(into);
}
