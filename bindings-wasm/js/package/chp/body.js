// A body that is read before it is decided whether it goes on.

import { Readable } from "node:stream";

/** The body, of which no more is kept than is waited for; nothing when it is larger than `most`. */
export async function body(request, most) {
  if (Number(request.headers["content-length"] ?? 0) > most) return undefined;
  const [parts, size] = [[], { is: 0 }];
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    size.is += part.length;
    if (size.is > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Has a request whose body was read give it once more to whatever it is piped to. */
export function again(request, bytes) {
  request.pipe = (into) => Readable.from([bytes], { objectMode: false }).pipe(into);
}
