// What a request gets that does not go on: a page where one is asked for, JSON otherwise.

import { STATUS_CODES } from "node:http";

const MESSAGES = {
  400: "This request could be read in more than one way.",
  401: "Nobody that is trusted says who you are.",
  403: "You may not do this.",
  413: "What was sent is too large.",
};

/** Status, headers and body. */
export function answer({ status, message, decision_id: decisionId }, accept) {
  const text = message ?? MESSAGES[status];
  const asPage = /(^|,)\s*text\/html\s*(;|,|$)/i.test(accept ?? "");
  const body = asPage ? page(status, text, decisionId) : json(status, text, decisionId);
  const headers = {
    "content-type": asPage ? "text/html; charset=utf-8" : "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    connection: "close",
  };
  return { status, headers, body };
}

/** Answers over HTTP. */
export function respond(response, { status, headers, body }) {
  response.writeHead(status, headers);
  response.end(body);
}

/** Answers an upgrade, of which there is only the socket. */
export function respondRaw(socket, { status, headers, body }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
}

function json(status, message, decisionId) {
  return JSON.stringify({ status, message, decision_id: decisionId ?? null });
}

function page(status, message, decisionId) {
  const title = STATUS_CODES[status];
  const decision = decisionId ? `<p><small>Decision ${escaped(decisionId)}</small></p>\n` : "";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${status} ${title}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}</style>
<h1>${title}</h1>
<p>${escaped(message)}</p>
${decision}</html>
`;
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text) => text.replace(/[&<>"']/g, (found) => ESCAPES[found]);
